import type { ChangedFile, ClientRequests, ResultOf } from '../../schemas';
import type { Stop } from './walk';
import type { Sidecar } from './wire';

type Units = ResultOf<ClientRequests['reviewUnits']>;
type Source = Units['sources'][number];

/** Lines shown around a hunk. */
const around = 3;

/** The units of a changeset as stops, in the order of its files. */
export async function stopsOf(
  sidecar: Sidecar,
  changeset: string,
  paths: readonly string[],
): Promise<Stop[]> {
  const wanted = paths.length === 0 ? {} : { paths: [...paths] };
  const [{ changesets }, { files, sources }] = await Promise.all([
    sidecar.call('reviewList', { open: false }),
    sidecar.call('reviewUnits', { changeset, ...wanted }),
  ]);
  const changed = changesets.find((one) => one.changeset === changeset)?.files ?? [];
  const stops: Stop[] = [];
  for (const { path, units } of files) {
    const file = changed.find((one) => one.path === path);
    const needed = units.some(({ kind }) => kind === 'lines');
    const [before, after] = needed ? await sidesOf(sidecar, file) : [[], []];
    for (const unit of units) {
      const { start, end } = unit.before;
      const lines = unit.kind === 'lines';
      stops.push({
        ...{ path, unit },
        removed: lines ? before.slice(start, end) : wholeText(file, unit.kind).removed,
        added: lines ? after.slice(unit.after.start, unit.after.end) : wholeText(file, unit.kind).added,
        above: lines ? before.slice(Math.max(0, start - around), start) : [],
        below: lines ? before.slice(end, end + around) : [],
        source: unit.sources.flatMap((place) => sourceText(sources[place])).join('; '),
      });
    }
  }
  return stops;
}

/** What a change without lines does, in names and modes alone. */
function wholeText(
  file: ChangedFile | undefined,
  kind: Stop['unit']['kind'],
): Pick<Stop, 'removed' | 'added'> {
  if (file === undefined) return { removed: [], added: [] };
  const { from, path, baselineMode, proposalMode } = file;
  if (kind === 'rename') return { removed: [from ?? path], added: [path] };
  const side = (mode: string | null) => (mode === null ? [] : [`${path} (${mode})`]);
  return { removed: side(baselineMode), added: side(proposalMode) };
}

function sourceText(source: Source | undefined): string[] {
  if (source === undefined) return [];
  const { plan, title, task, requirements, verified } = source;
  const proofs = verified.map(({ command, exitCode }) => `${exitCode === 0 ? '✓' : '✗'} ${command}`);
  return [[`${plan} ${title}`, ...(task === null ? [] : [task]), ...requirements, ...proofs].join(' · ')];
}

async function sidesOf(sidecar: Sidecar, file: ChangedFile | undefined): Promise<[string[], string[]]> {
  const side = async (hash: string | null | undefined): Promise<string[]> => {
    if (!hash) return [];
    const { base64 } = await sidecar.call('reviewContent', { hash });
    return linesOf(Buffer.from(base64, 'base64'));
  };
  return [await side(file?.baseline), await side(file?.proposal)];
}

/** Lines without their ends; UTF-16 is told by its mark. */
function linesOf(bytes: Buffer): string[] {
  const text =
    bytes[0] === 0xff && bytes[1] === 0xfe
      ? bytes.toString('utf16le').slice(1)
      : bytes[0] === 0xfe && bytes[1] === 0xff
        ? Buffer.from(bytes.subarray(0, bytes.length & ~1))
            .swap16()
            .toString('utf16le')
            .slice(1)
        : bytes.toString('utf8').replace(/^\uFEFF/, '');
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
