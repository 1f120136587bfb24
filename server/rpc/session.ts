import type { Connection } from 'vscode-languageserver';
import { DisposableStore, toDisposable } from '../base';
import {
  boardPatch,
  eventsAppended,
  planningChanged,
  reviewChanged,
  reviewUnitsChanged,
  runProgress,
} from '../../schemas';
import { BoardWatch } from './boardWatch';
import type { EditorModelRouter } from './editorModels';
import { EventFeed } from './feed';
import { Outbox } from './outbox';
import type { SidecarService } from './service';

/** What one client is told without asking, for as long as it is connected. */
export class ClientSession {
  readonly feed: EventFeed;
  readonly board: BoardWatch;
  private readonly outbox = new Outbox();
  private readonly store = new DisposableStore();
  private offering = false;

  constructor(
    private readonly connection: Connection,
    private readonly closed: Promise<void>,
    service: SidecarService,
    private readonly models: EditorModelRouter,
  ) {
    const tell = (method: string, params: object) => connection.sendNotification(method, params);
    this.feed = new EventFeed(service, (events) => tell(eventsAppended.method, { events }));
    // A patch that is dropped leaves a gap in the revisions, and the client asks for a snapshot.
    this.board = new BoardWatch((patch) => this.outbox.fleeting(() => tell(boardPatch.method, patch)));
    const { store, feed, board, outbox } = this;
    store.add(service.onEvents((events) => feed.notice(events)));
    store.add(service.onBoardPatch((patch) => board.notice(patch)));
    store.add(service.onProgress((progress) => outbox.fleeting(() => tell(runProgress.method, progress))));
    store.add(
      service.onReviewChanged((change) =>
        outbox.hint(`review ${change.changeset}`, () => tell(reviewChanged.method, change)),
      ),
    );
    store.add(
      service.onUnitsChanged((change) => {
        const { method } = reviewUnitsChanged;
        const sent = outbox.fleeting(() => tell(method, change));
        // For a client that is slow, several become one that names no file: any may have changed.
        const { changeset } = change;
        if (!sent) outbox.hint(`units ${changeset}`, () => tell(method, { changeset, paths: [] }));
      }),
    );
    store.add(
      service.onPlanningChanged((change) =>
        outbox.hint('planning', () => tell(planningChanged.method, change)),
      ),
    );
    store.add(toDisposable(() => feed.close()));
    void closed.then(() => store.dispose());
  }

  /** From now on `lm/*` requests may come here. */
  offerModels(): void {
    if (this.offering) return;
    this.offering = true;
    this.store.add(toDisposable(this.models.connect(this.connection, this.closed)));
  }

  /** Does something after the answer of the running handler has been handed to the socket. */
  whenSent(act: () => void): void {
    // The answer is written in the microtasks after the handler; an immediate comes after all of them.
    setImmediate(act);
  }
}
