import { encodeText, PlanningMemory, readPlanning, type PlanningFiles } from '../../planning';
import type { PositionEncoding, TextDoc } from '../text/textDoc';
import { diskSource, Source } from './source';
import { ProjectView } from './view';

/** Files that hold no text anybody plans in are not read. */
const isText = (path: string): boolean => /\.(?:md|markdown)$/i.test(path) || /\/config\.json$/.test(path);
const readAtOnce = 64;

/**
 * One project: its files from the disk, and those an editor has open in front of them. `view` is made anew
 * when something changed, and only what changed is parsed again.
 */
export class Project {
  readonly #memory = new PlanningMemory();
  readonly #disk = new Map<string, Uint8Array | Error>();
  /** What the files held before they may have changed: bytes that stayed the same are not parsed again. */
  readonly #before = new Map<string, Uint8Array | Error>();
  #listed: readonly string[] | undefined;
  readonly #sources = new Map<string, { readonly from: Uint8Array | TextDoc; readonly source: Source }>();
  readonly #open = new Map<string, { readonly doc: TextDoc; bytes?: Uint8Array }>();
  #revision = 0;
  #made: { readonly revision: number; readonly view: Promise<ProjectView> } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly root: string,
    private readonly files: PlanningFiles,
    private readonly encoding: PositionEncoding,
  ) {}

  /** Puts an editor's text in front of a file, or takes it away again. */
  setOpen(path: string, doc: TextDoc | undefined): void {
    if (doc) this.#open.set(path, { doc });
    else if (this.#open.delete(path)) this.#disk.delete(path);
    this.#revision++;
  }

  /** Something on the disk changed; without a path anything may have. */
  changed(path?: string): void {
    for (const one of path === undefined ? [...this.#disk.keys()] : [path]) {
      const bytes = this.#disk.get(one);
      if (bytes) this.#before.set(one, bytes);
      this.#disk.delete(one);
    }
    this.#listed = undefined;
    this.#revision++;
  }

  /** The project as it is now. Readings follow each other; who asks twice in between gets one. */
  view(): Promise<ProjectView> {
    if (this.#made?.revision === this.#revision) return this.#made.view;
    const revision = this.#revision;
    const view = this.#last.then(() => this.read(revision));
    this.#last = view.catch(() => undefined);
    this.#made = { revision, view };
    return view;
  }

  private async read(revision: number): Promise<ProjectView> {
    const listed = (this.#listed ??= await this.files.list().catch(() => []));
    const paths = [...new Set([...listed, ...this.#open.keys()])].sort();
    const wanted = paths.filter((path) => isText(path) && !this.#disk.has(path) && !this.#open.has(path));
    for (let from = 0; from < wanted.length; from += readAtOnce)
      await Promise.all(wanted.slice(from, from + readAtOnce).map((path) => this.load(path)));
    const sources = new Map<string, Source>();
    for (const path of paths) {
      const source = isText(path) ? this.source(path) : undefined;
      if (source) sources.set(path, source);
    }
    this.#before.clear();
    for (const path of this.#sources.keys()) if (!sources.has(path)) this.#sources.delete(path);
    const planning = await readPlanning(
      {
        list: () => Promise.resolve(paths),
        read: (path) => this.bytes(path),
      },
      revision,
      this.#memory,
    );
    return new ProjectView(this.root, planning, sources, paths);
  }

  private async load(path: string): Promise<void> {
    try {
      const bytes = await this.files.read(path);
      const before = this.#before.get(path);
      if (bytes) this.#disk.set(path, before instanceof Uint8Array && isSame(before, bytes) ? before : bytes);
    } catch (thrown) {
      this.#disk.set(path, thrown instanceof Error ? thrown : new Error(String(thrown)));
    }
  }

  private source(path: string): Source | undefined {
    const from = this.#open.get(path)?.doc ?? this.#disk.get(path);
    if (from === undefined || from instanceof Error) return undefined;
    const known = this.#sources.get(path);
    if (known?.from === from) return known.source;
    const source =
      from instanceof Uint8Array ? diskSource(this.root, path, from, this.encoding) : new Source(path, from);
    this.#sources.set(path, { from, source });
    return source;
  }

  private async bytes(path: string): Promise<Uint8Array | undefined> {
    const open = this.#open.get(path);
    if (open) return (open.bytes ??= encodeText(open.doc.text));
    if (!this.#disk.has(path)) await this.load(path);
    const found = this.#disk.get(path);
    if (found instanceof Error) throw found;
    return found;
  }
}

const isSame = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((byte, index) => byte === right[index]);
