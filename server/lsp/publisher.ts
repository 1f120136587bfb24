import type { Diagnostic } from 'vscode-languageserver';
import type { Clock } from '../base';
import { Debounce } from './debounce';
import { melodyDiagnostics, planningDiagnostics } from './diagnostics';
import type { Documents } from './documents';

export interface PublisherHost {
  readonly clock: Clock;
  publish(uri: string, version: number | null, diagnostics: readonly Diagnostic[]): void;
  /** Something inside went wrong; nobody waits for an answer that could say so. */
  trouble(thrown: unknown): void;
  /** The page that explains codes. */
  readonly docs: string | undefined;
}

/** Milliseconds. Open documents answer at once; the rest of the project waits for a pause. */
const soon = { quiet: 5, most: 100 } as const;
const later = { quiet: 300, most: 1500 } as const;
/** How long a disk is believed that nobody watches. */
const trusted = 10_000;
const filesAtOnce = 50;

/** Sends diagnostics when documents or files change: those of open documents first, then all of the project. */
export class Publisher {
  readonly #soon: Debounce;
  readonly #later: Debounce;
  /** What was sent last, so that nothing is sent twice and what is gone is taken back. */
  readonly #sent = new Map<string, string>();
  #watched = false;
  #looked: number;
  #stopped = false;

  constructor(
    private readonly documents: Documents,
    private readonly host: PublisherHost,
  ) {
    this.#looked = host.clock.monotonic();
    this.#soon = new Debounce(host.clock, soon, () => this.guard(this.openOnes()));
    this.#later = new Debounce(host.clock, later, () => this.guard(this.wholeProjects()));
  }

  /** The client tells of changes on the disk. */
  watched(): void {
    this.#watched = true;
  }

  changed(): void {
    this.#soon.poke();
    this.#later.poke();
  }

  stop(): void {
    this.#stopped = true;
    this.#soon.stop();
    this.#later.stop();
  }

  private async openOnes(): Promise<void> {
    for (const { doc } of this.documents.all) {
      const subject = await this.documents.subject(doc.uri);
      // Typed on meanwhile: the next turn has the newer text.
      if (!subject || this.documents.get(doc.uri)?.doc !== doc) continue;
      const { docs } = this.host;
      this.send(doc.uri, doc.version, () =>
        subject.kind === 'melody'
          ? melodyDiagnostics(subject.source, docs)
          : planningDiagnostics(subject.view, subject.source, docs),
      );
    }
  }

  private async wholeProjects(): Promise<void> {
    const now = this.host.clock.monotonic();
    if (!this.#watched && now - this.#looked > trusted) {
      this.#looked = now;
      this.documents.changedOnDisk();
    }
    const seen = new Set(this.documents.all.map(({ doc }) => doc.uri));
    for (const project of this.documents.projects) {
      const view = await project.view();
      let count = 0;
      for (const source of view.sources.values()) {
        const { uri } = source.doc;
        if (this.#stopped) return;
        if (seen.has(uri)) continue;
        seen.add(uri);
        this.send(uri, null, () => planningDiagnostics(view, source, this.host.docs));
        // A key that is pressed meanwhile is answered in between.
        if (++count % filesAtOnce === 0) await this.host.clock.sleep(0);
      }
    }
    for (const uri of this.#sent.keys()) if (!seen.has(uri)) this.send(uri, null, () => []);
    await this.openOnes();
  }

  private send(uri: string, version: number | null, make: () => readonly Diagnostic[]): void {
    if (this.#stopped) return;
    let diagnostics: readonly Diagnostic[];
    try {
      diagnostics = make();
    } catch (thrown) {
      // One file that breaks a rule’s assumptions costs the others nothing.
      return this.host.trouble(thrown);
    }
    const key = JSON.stringify([version, diagnostics]);
    const before = this.#sent.get(uri);
    if (before === key || (before === undefined && diagnostics.length === 0 && version === null)) return;
    if (diagnostics.length === 0 && version === null) this.#sent.delete(uri);
    else this.#sent.set(uri, key);
    this.host.publish(uri, version, diagnostics);
  }

  private guard(work: Promise<void>): void {
    work.catch((thrown: unknown) => this.host.trouble(thrown));
  }
}
