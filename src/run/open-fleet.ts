import path from 'node:path';
import type {Settings} from '../config/settings.ts';
import type {Problem} from '../domain/problem.ts';
import type {Fleet} from '../domain/repo.ts';
import type {ForgeListings} from '../fleet/forge-listings.ts';
import {loadFleet} from '../fleet/load-fleet.ts';
import {shortenPath} from '../util/expand-path.ts';

export interface OpenedFleet {
  readonly fleet: Fleet;
  readonly problems: readonly Problem[];
  /** The problem of a selection that needs a fleet when there is none, or none with a repo in it. */
  missing(): Problem | undefined;
}

interface FleetSources {
  readonly cwd: string;
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly orchestratorHome: string;
  readonly listings?: ForgeListings | undefined;
}

/** Reads the fleet file. No file at all is a problem only for those who need one. */
export function openFleet(
  {fleetFile: file}: Pick<Settings, 'fleetFile'>,
  sources: FleetSources,
  relocate: (problem: Problem) => Problem = problem => problem,
): OpenedFleet {
  if (file === undefined) {
    const places = [path.join(sources.cwd, 'config'), sources.orchestratorHome];
    const looked = places.map(folder => shortenPath(path.join(folder, 'repos.json'), sources));
    return {
      fleet: {repos: [], groups: new Map()},
      problems: [],
      missing: () => ({
        message: `there is no fleet file (${looked.join(', ')}), so no repo has a name, tag or group`,
        hint: 'make one with: orchestrator init; or name folders with --repos',
      }),
    };
  }
  const label = shortenPath(file, sources);
  const {fleet, problems, document} = loadFleet(file, {
    home: sources.home,
    env: sources.env,
    label,
    listings: sources.listings,
  });
  return {
    fleet,
    problems: problems.map(relocate),
    missing() {
      if (problems.length > 0 || fleet.repos.length > 0) return undefined;
      return {
        file: label,
        ...document?.locate(['repositories']),
        path: 'repositories',
        message: 'the fleet is empty',
        hint: `list your repos in ${label}, or run: orchestrator init`,
      };
    },
  };
}
