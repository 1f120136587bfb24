import type { PlanningFiles } from '../planning';
import { MelodySource } from './melody/source';
import { Project } from './planning/project';
import type { Source } from './planning/source';
import type { ProjectView } from './planning/view';
import { changedDoc, TextDoc, type PositionEncoding, type TextChange } from './text/textDoc';
import { pathOfUri, planningPlace } from './text/uri';

/** A document an editor has open, and what it is a part of. */
export interface OpenDocument {
  doc: TextDoc;
  readonly path: string;
  readonly project: Project | undefined;
  /** Below the project. */
  readonly file: string;
  melody: MelodySource | undefined;
}

/** What a request is about: a file of a project as it is now, or a Melody. */
export type Subject =
  | { readonly kind: 'planning'; readonly view: ProjectView; readonly source: Source }
  | { readonly kind: 'melody'; readonly source: MelodySource };

const noFiles: PlanningFiles = { list: () => Promise.resolve([]), read: () => Promise.resolve(undefined) };

/** The documents of the editor and the projects they and the workspace folders belong to. */
export class Documents {
  readonly #open = new Map<string, OpenDocument>();
  readonly #projects = new Map<string, Project>();
  #folders = new Set<string>();

  constructor(
    private readonly filesOf: (root: string) => PlanningFiles,
    private readonly encoding: PositionEncoding,
  ) {}

  setFolders(uris: readonly string[]): void {
    const paths = uris.flatMap((uri) => pathOfUri(uri) ?? []);
    this.#folders = new Set(paths.map((path) => path.replace(/\/+$/, '').replace(/\/\.planning$/, '')));
    for (const root of this.#folders) this.project(root);
    this.forgetProjects();
  }

  open(uri: string, version: number, text: string): void {
    const path = pathOfUri(uri) ?? uri;
    const place = pathOfUri(uri) === undefined ? undefined : planningPlace(path);
    const project = place && this.project(place.root);
    const doc = new TextDoc(uri, text, this.encoding, version);
    this.set({ doc, path, project, file: place?.file ?? path, melody: undefined });
  }

  /** Answers false for documents that were never opened. */
  change(uri: string, version: number, changes: readonly TextChange[]): boolean {
    const known = this.#open.get(uri);
    if (!known) return false;
    this.set({ ...known, doc: changedDoc(known.doc, changes, version) });
    return true;
  }

  close(uri: string): void {
    const known = this.#open.get(uri);
    this.#open.delete(uri);
    known?.project?.setOpen(known.file, undefined);
    this.forgetProjects();
  }

  get(uri: string): OpenDocument | undefined {
    return this.#open.get(uri);
  }

  get all(): readonly OpenDocument[] {
    return [...this.#open.values()];
  }

  get projects(): readonly Project[] {
    return [...this.#projects.values()];
  }

  /** A file on the disk may have changed; without a URI any may have. */
  changedOnDisk(uri?: string): void {
    const path = uri === undefined ? undefined : pathOfUri(uri);
    const place = path === undefined ? undefined : planningPlace(path);
    if (place) this.#projects.get(place.root)?.changed(place.file);
    else if (uri === undefined || path?.endsWith('/.planning'))
      for (const project of this.projects) project.changed();
  }

  /** What a request about a document means now; undefined where the document is neither plan nor Melody. */
  async subject(uri: string): Promise<Subject | undefined> {
    const document = this.#open.get(uri);
    if (!document) return undefined;
    if (document.melody) return { kind: 'melody', source: document.melody };
    if (!document.project) return undefined;
    const view = await document.project.view();
    const source = view.sources.get(document.file);
    return source && { kind: 'planning', view, source };
  }

  private set(document: OpenDocument): void {
    const { doc, path } = document;
    const isMelody = /\.melody\.jsonc?$/i.test(path);
    this.#open.set(doc.uri, { ...document, melody: isMelody ? new MelodySource(path, doc) : undefined });
    if (!isMelody) document.project?.setOpen(document.file, doc);
  }

  private project(root: string): Project {
    const known = this.#projects.get(root);
    if (known) return known;
    const files = root === '' ? noFiles : this.filesOf(root);
    const created = new Project(root, files, this.encoding);
    this.#projects.set(root, created);
    return created;
  }

  private forgetProjects(): void {
    for (const [root, project] of this.#projects)
      if (!this.#folders.has(root) && !this.all.some((document) => document.project === project))
        this.#projects.delete(root);
  }
}
