/** How long an editor may take over a command before we stop waiting, in milliseconds. */
export const patience = 5000;

/**
 * Waits for the workbench, but not for ever: a command that hangs must not hold up a decision.
 * @returns what the command answered, or undefined when it took too long
 */
export async function inTime<T>(work: Thenable<T>, milliseconds = patience): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  // Whoever stopped waiting does not hear of a later failure either.
  const watched = Promise.resolve(work);
  watched.catch(() => undefined);
  return Promise.race([watched, late]).finally(() => clearTimeout(timer));
}
