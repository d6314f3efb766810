import path from 'node:path';

export interface PathPlaces {
  /** Folder of the file that holds the path, or the working directory for a flag. Absolute. */
  readonly base: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** An absolute path, or the name of a variable that is not set: an empty value would turn `$WORK/code` into `/code`. */
export type ExpandedPath =
  | {readonly path: string; readonly unset?: undefined}
  | {readonly unset: string; readonly path?: undefined};

/** Expands a leading `~`, `$NAME` and `${NAME}`, then resolves against `base`. Globs stay as they are. */
export function expandPath(written: string, places: PathPlaces): ExpandedPath {
  const {text, unset} = expandVariables(written, places.env);
  if (unset !== undefined) return {unset};
  const atHome = text === '~' || text.startsWith('~/') ? places.home + text.slice(1) : text;
  return {path: path.resolve(places.base, atHome)};
}

/** Replaces `$NAME` and `${NAME}`; `unset` names the first one that has no value. */
export function expandVariables(text: string, env: PathPlaces['env']): {text: string; unset?: string} {
  let unset: string | undefined;
  const expanded = text.replaceAll(
    /\$(?:\{(\w+)\}|([A-Za-z_]\w*))/g,
    (_, braced: string | undefined, plain: string | undefined) => {
      const name = braced ?? plain ?? '';
      const value = env[name];
      if (value === undefined || value === '') unset ??= name;
      return value ?? '';
    },
  );
  return unset === undefined ? {text: expanded} : {text: expanded, unset};
}

/** The path as a person would type it: relative inside the working directory, `~/…` inside the home directory. */
export function shortenPath(file: string, places: {readonly cwd: string; readonly home: string}): string {
  const relative = path.relative(places.cwd, file);
  if (relative !== '' && !relative.startsWith('..') && !path.isAbsolute(relative)) return relative;
  const fromHome = path.relative(places.home, file);
  return fromHome !== '' && !fromHome.startsWith('..') && !path.isAbsolute(fromHome) ? `~/${fromHome}` : file;
}
