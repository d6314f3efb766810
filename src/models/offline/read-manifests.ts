import type {RepoContext, ShownFile} from '../../domain/context.ts';
import {readComposerJson, readDenoJson, readPackageJson} from './javascript-manifests.ts';
import type {Manifest, ManifestInput} from './manifest.ts';
import {
  readCompose,
  readCsproj,
  readDockerfile,
  readGemfile,
  readGoMod,
  readGradle,
  readJustfile,
  readMakefile,
  readMixExs,
  readPom,
  readRequirements,
} from './other-manifests.ts';
import {readCargoToml, readPyproject} from './toml-manifests.ts';

/** Every manifest that can be read, those nearest to the root first. Malformed ones are left out; never throws. */
export function readManifests(context: RepoContext, paths: readonly string[]): Manifest[] {
  const found: {manifest: Manifest; depth: number; rank: number}[] = [];
  for (const file of context.files) {
    const rank = readers.findIndex(([name]) => name.test(file.path.split('/').at(-1)!));
    if (rank < 0 || found.length >= 200) continue;
    const manifest = readers[rank]![1]({file, paths: pathsBelow(file, paths)});
    if (manifest !== undefined) found.push({manifest, depth: file.path.split('/').length, rank});
  }
  found.sort((a, b) => a.depth - b.depth || a.rank - b.rank || (a.manifest.path < b.manifest.path ? -1 : 1));
  return found.map(({manifest}) => manifest);
}

// best first: the one that says most about a repo names it
const readers: readonly (readonly [RegExp, (input: ManifestInput) => Manifest | undefined])[] = [
  [/^package\.json$/, readPackageJson],
  [/^pyproject\.toml$/, readPyproject],
  [/^Cargo\.toml$/, readCargoToml],
  [/^go\.mod$/, readGoMod],
  [/^pom\.xml$/, readPom],
  [/^build\.gradle(?:\.kts)?$/, readGradle],
  [/\.[cf]sproj$/, readCsproj],
  [/^composer\.json$/, readComposerJson],
  [/^Gemfile$/, readGemfile],
  [/^mix\.exs$/, readMixExs],
  [/^deno\.jsonc?$/, readDenoJson],
  [/^requirements\.txt$/, readRequirements],
  [/^(?:GNU)?[Mm]akefile$/, readMakefile],
  [/^[Jj]ustfile$/, readJustfile],
  [/^Dockerfile$/, readDockerfile],
  [/^(?:docker-)?compose\.ya?ml$/, readCompose],
];

function pathsBelow(file: ShownFile, paths: readonly string[]): ReadonlySet<string> {
  const folder = file.path.slice(0, file.path.lastIndexOf('/') + 1);
  if (folder === '') return new Set(paths);
  return new Set(paths.filter(path => path.startsWith(folder)).map(path => path.slice(folder.length)));
}
