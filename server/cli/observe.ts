import type { SpanView } from '../../schemas';
import type { Job } from './job';
import { duration, runNamed } from './runs';
import { exitCodes } from './texts';

const page = 2000;

/** Prints the trace of a run as a tree; as JSON an OTLP trace request a line, as receivers and files of it want it. */
export async function traceRun(job: Job, given: string): Promise<number> {
  const sidecar = await job.open();
  const run = await runNamed(sidecar, given);
  const depths = new Map<string, number>();
  const format = job.print.json ? 'otlp' : 'spans';
  for (let after = 0, more = true; more; after += page) {
    const found = await sidecar.call('runTrace', { run, after, limit: page, format });
    if (found.otlp !== null) job.print.line(found.otlp as object);
    for (const span of found.spans) saySpan(job, span, depths);
    more = found.more;
  }
  return exitCodes.done;
}

/** Prints what the sidecar has counted and timed, as Prometheus reads it. */
export async function showMetrics(job: Job): Promise<number> {
  const { text } = await (await job.open()).call('metricsShow', {});
  job.print.document({ text });
  job.print.raw(text);
  return exitCodes.done;
}

/** Parents come first, so that the depth of a span is known when it is its turn. */
function saySpan(
  job: Job,
  { id, parent, name, start, end, status, facts }: SpanView,
  depths: Map<string, number>,
) {
  const depth = parent === null ? 0 : (depths.get(parent) ?? 0) + 1;
  depths.set(id, depth);
  const about = [facts['symphony.node'] ?? facts['symphony.step'] ?? '', facts['error.type'] ?? '']
    .filter((text) => text !== '')
    .join(' ');
  job.print.say('traceLine', {
    span: `${'  '.repeat(depth)}${name}`,
    took: end === null ? '…' : end - start < 1000 ? `${Math.round(end - start)} ms` : duration(end - start),
    status: status === 'unset' ? '' : status,
    about,
  });
}
