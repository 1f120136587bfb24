/** What must never happen, by the name it is reported under. */
export type Rule =
  | 'acknowledged event lost'
  | 'journal damaged'
  | 'event nobody appended'
  | 'half a batch'
  | 'impossible event'
  | 'outcome recorded twice'
  | 'node performed again'
  | 'step worked again'
  | 'question asked again'
  | 'two performers of one attempt'
  | 'performed before its intent was durable'
  | 'started before its predecessors'
  | 'wrong input'
  | 'limit exceeded'
  | 'announced out of order'
  | 'heading differs'
  | 'live state differs from the fold'
  | 'waits for nothing'
  | 'does not end'
  | 'unexpected problem'
  | 'histories of one seed differ';

export class Violation extends Error {
  override readonly name = 'Violation';
  constructor(
    readonly rule: Rule,
    readonly detail: string,
  ) {
    super(`${rule}: ${detail}`);
  }
}
