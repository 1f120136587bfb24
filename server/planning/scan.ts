import { type PhaseDirectory, readDirectoryName } from './ids';
import { milestoneKeyOf } from './milestones';

/** A folder that holds a phase. */
export interface FoundDirectory extends PhaseDirectory {
  /** Path below the project. */
  readonly path: string;
  /** Key of the milestone an archive folder names. */
  readonly milestone: string | undefined;
  /** Files below the folder, relative to it. */
  readonly names: readonly string[];
}

export interface FoundRoadmap {
  readonly path: string;
  /** Set for archived roadmaps: the milestone their name gives. */
  readonly milestone: string | undefined;
  readonly archived: boolean;
}

/** One planning tree: `.planning` itself or one of its workstreams. */
export interface Scope {
  /** Empty for `.planning` itself. */
  readonly workstream: string;
  readonly root: string;
  readonly directories: readonly FoundDirectory[];
  readonly roadmaps: readonly FoundRoadmap[];
  readonly state: string | undefined;
  readonly project: string | undefined;
}

const root = '.planning';

/** Sorts the paths of a project into planning trees, the main one first. */
export function findScopes(paths: readonly string[]): Scope[] {
  const byWorkstream = new Map<string, string[]>([['', []]]);
  for (const path of paths) {
    if (!path.startsWith(`${root}/`)) continue;
    const inside = path.slice(root.length + 1);
    const workstream = /^workstreams\/([^/]+)\/(?=.)/.exec(inside);
    const name = workstream?.[1] ?? '';
    const list = byWorkstream.get(name) ?? [];
    list.push(workstream ? inside.slice(workstream[0].length) : inside);
    byWorkstream.set(name, list);
  }
  return [...byWorkstream].map(([workstream, inside]) => scopeOf(workstream, inside));
}

function scopeOf(workstream: string, inside: readonly string[]): Scope {
  const base = workstream === '' ? root : `${root}/workstreams/${workstream}`;
  const folders = new Map<string, FolderDraft>();
  const roadmaps: FoundRoadmap[] = [];
  for (const path of inside) {
    const phase =
      /^(?:(?:milestones|archive)\/([^/]+)\/(?:phases\/)?|([^/]+)-phases\/|phases\/)([^/]+)\/(.+)$/.exec(
        path,
      );
    if (phase && isPhaseFolder(phase[1] ?? phase[2], path, phase[3]!)) {
      const folder = path.slice(0, path.length - phase[4]!.length - 1);
      const found = folders.get(folder) ?? { milestone: archiveKey(phase[1] ?? phase[2]), names: [] };
      found.names.push(phase[4]!);
      folders.set(folder, found);
    }
    // Some projects keep the files of all phases side by side in one folder.
    const flat = /^((?:milestones\/[^/]+-)?phases)\/((\d+(?:\.\d+)*)-[^/]+)$/.exec(path);
    if (flat) {
      const key = `${flat[1]}/ ${flat[3]}`;
      const found = folders.get(key) ?? {
        milestone: archiveKey(/^milestones\/([^/]+)$/.exec(flat[1]!)?.[1]),
        names: [],
        flat: { path: flat[1]!, number: flat[3]! },
      };
      found.names.push(flat[2]!);
      folders.set(key, found);
    }
    const roadmap = /^(?:(?:milestones|archive)\/(?:([^/]+)\/|([^/]+)-))?ROADMAP\.md$/i.exec(path);
    if (roadmap) {
      const name = roadmap[1] ?? roadmap[2];
      roadmaps.push({ path: `${base}/${path}`, milestone: archiveKey(name), archived: name !== undefined });
    }
  }
  return {
    workstream,
    root: base,
    directories: [...folders].map(([folder, { milestone, names, flat }]) => ({
      ...readDirectoryName(flat?.number ?? folder.slice(folder.lastIndexOf('/') + 1)),
      path: `${base}/${flat?.path ?? folder}`,
      milestone,
      names,
    })),
    roadmaps: roadmaps.sort((a, b) => Number(a.archived) - Number(b.archived)),
    state: inside.includes('STATE.md') ? `${base}/STATE.md` : undefined,
    project: inside.includes('PROJECT.md') ? `${base}/PROJECT.md` : undefined,
  };
}

interface FolderDraft {
  readonly milestone: string | undefined;
  readonly names: string[];
  /** Set where the phase shares its folder with others: the folder and the phase's number. */
  readonly flat?: { readonly path: string; readonly number: string };
}

/** Every folder below `phases` is one; in an archive only folders of `…-phases`, of its `phases`, or with a number. */
function isPhaseFolder(archive: string | undefined, path: string, name: string): boolean {
  if (
    archive === undefined ||
    /-phases$/.test(archive) ||
    /^(?:milestones|archive)\/[^/]+\/phases\//.test(path)
  )
    return true;
  return /^[^/]+-phases\//.test(path) || /^\d+[A-Za-z]?(?:\.\d+)*-/.test(name);
}

function archiveKey(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const plain = name.replace(/-phases$/, '');
  return milestoneKeyOf(plain.replaceAll('-', ' ')) ?? plain;
}
