/** URIs of files without Node: editors write the same file in several ways, `c%3A` and `C:` among them. */

/** The path of a `file:` URI with `/` between its parts; undefined for other schemes and broken ones. */
export function pathOfUri(uri: string): string | undefined {
  const match = /^file:\/\/([^/?#]*)(\/[^?#]*)?/i.exec(uri);
  if (!match) return undefined;
  try {
    const path = decodeURIComponent(match[2] ?? '/');
    const drive = /^\/([A-Za-z]):/.exec(path);
    const plain = drive ? `${drive[1]!.toUpperCase()}${path.slice(2)}` : path;
    return match[1] === '' || match[1]!.toLowerCase() === 'localhost' ? plain : `//${match[1]}${plain}`;
  } catch {
    return undefined;
  }
}

/** The URI of a path, with everything encoded that is not plain. */
export function uriOfPath(path: string): string {
  const share = /^\/\/([^/]+)(\/.*)$/.exec(path);
  const rest = share ? share[2]! : path.startsWith('/') ? path : `/${path}`;
  // A lone surrogate stands for a byte that is no UTF-8 and has no place in a URI.
  const encoded = rest
    .replace(/[\ud800-\udfff]/gu, '\ufffd')
    .split('/')
    .map(encodeURIComponent)
    .join('/');
  return `file://${share ? share[1] : ''}${encoded}`;
}

/** A path taken from a folder, with `.` and `..` resolved. */
export function resolvePath(folder: string, relative: string): string {
  const parts = (/^(?:\/|[A-Za-z]:)/.test(relative) ? relative : `${folder}/${relative}`).split('/');
  const kept: string[] = [];
  for (const [index, part] of parts.entries()) {
    if (part === '..') {
      if (kept.length > 1) kept.pop();
    } else if (part !== '.' && (part !== '' || index === 0)) kept.push(part);
  }
  return kept.join('/');
}

/** The folder a path lies in. */
export const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The project a planning file belongs to and its path below it; undefined for files outside `.planning`. */
export function planningPlace(path: string): { readonly root: string; readonly file: string } | undefined {
  const at = path.search(/(?:^|\/)\.planning\//);
  if (at < 0) return undefined;
  const root = path.slice(0, at);
  return { root, file: path.slice(path.indexOf('.planning/', at)) };
}
