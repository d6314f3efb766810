import {searchPath} from './find-program.ts';

/**
 * The whole environment for a git process of ours: no configuration but that of the git dir it is given, no prompt, no network, no lazy fetch,
 * nothing inherited but where programs are. `extra` comes last.
 */
export function gitEnvironment(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  return {
    PATH: searchPath(process.env),
    HOME: '/nonexistent',
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_ATTR_NOSYSTEM: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_TERMINAL_PROMPT: '0',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_ALLOW_PROTOCOL: 'file',
    // A commit or tree that inflates to more is an attack; blobs are streamed and do not count.
    GIT_ALLOC_LIMIT: '512m',
    ...extra,
  };
}
