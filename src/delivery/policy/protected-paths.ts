/** Why a path needs a person by default, in two or three words; undefined for most. The path is folded. */
export function protectionOf(folded: string): string | undefined {
  if (/(?:^|\/)\.(?:github|gitlab|gitea|forgejo)\/(?:workflows|actions|ci)\//.test(folded)) return ci;
  const names = folded.split('/');
  const last = names.at(-1)!;
  for (const name of names.slice(0, -1)) {
    const why = folders.get(name) ?? (isGitName(name) ? 'git and forge settings' : undefined);
    if (why !== undefined) return why;
  }
  const asFile = files.get(last) ?? folders.get(last) ?? (isGitName(last) ? 'git and forge settings' : undefined);
  return asFile ?? patterns.find(({pattern}) => pattern.test(last))?.why;
}

/** An empty folder is kept by a file that does nothing. */
function isGitName(name: string): boolean {
  return (name.startsWith('.git') && name !== '.gitkeep') || name === '.lfsconfig';
}

const ci = 'continuous integration';
const agent = 'settings or instructions of a coding agent';
const hooks = 'commands that run on this machine';
const packages = 'settings of a package manager';
const manifest = 'a package manifest';
const lock = 'a lock file';
const owners = 'code owners';
const secrets = 'keys and credentials';

const folders = named([
  [ci, '.circleci .azure-pipelines azure-pipelines .azuredevops .buildkite .semaphore .teamcity .tekton .harness'],
  [
    ci,
    '.gitea .forgejo .woodpecker .builds .drone .jenkins .ci .dagger .concourse .tangled .platform .upsun .ebextensions',
  ],
  [
    agent,
    '.claude .codex .cursor .gemini .windsurf .continue .aider .roo .kiro .amazonq .junie .agents .agent .opencode',
  ],
  [agent, '.clinerules .qwen .augment .trae .goose .crush .zed .copilot .devin .factory .openhands .serena .mcp'],
  [agent, '.claude-plugin .kilocode .amp .warp .tabnine .codeium .cody .jules .antigravity .rovodev .codebuddy .iflow'],
  [agent, '.lingma .zencoder .aiassistant .cline .swe-agent .ruler .specify .plandex .sweep .taskmaster .bmad-core'],
  [hooks, '.husky .githooks .vscode .idea .devcontainer .direnv .mise .fleet .vs .hooks .lefthook .idx .helix'],
  [packages, '.yarn .cargo .bundle .mvn .npm .pnpm .nuget'],
  [secrets, '.ssh .aws .azure .gnupg .docker .kube .gcloud'],
]);

const files = named([
  [
    ci,
    'jenkinsfile .travis.yml .travis.yaml appveyor.yml .appveyor.yml appveyor.yaml bitbucket-pipelines.yml .drone.yml',
  ],
  [ci, '.drone.star .drone.jsonnet .woodpecker.yml .woodpecker.yaml cloudbuild.yaml cloudbuild.yml cloudbuild.json'],
  [ci, 'buildspec.yml buildspec.yaml .cirrus.yml .cirrus.star codefresh.yml wercker.yml screwdriver.yaml .build.yml'],
  [
    ci,
    'dependabot.yml renovate.json renovate.json5 .renovaterc .renovaterc.json .mergify.yml .kodiak.toml .scrutinizer.yml',
  ],
  [ci, 'netlify.toml vercel.json now.json fly.toml render.yaml heroku.yml app.yaml procfile railway.json railway.toml'],
  [
    ci,
    'wrangler.toml wrangler.json wrangler.jsonc serverless.yml serverless.yaml amplify.yml apphosting.yaml nixpacks.toml',
  ],
  [ci, '.platform.app.yaml captain-definition buildkite.yml earthfile dagger.json skaffold.yaml tiltfile .releaserc'],
  [ci, '.goreleaser.yml .goreleaser.yaml release-please-config.json .release-please-manifest.json'],
  [owners, 'codeowners owners maintainers.yml'],
  [
    agent,
    'agents.md agents.override.md agent.md claude.md claude.local.md gemini.md qwen.md warp.md skill.md .mcp.json mcp.json',
  ],
  [
    agent,
    '.cursorrules .cursorignore .cursorindexingignore .windsurfrules .clinerules .roorules .roomodes .rules .goosehints',
  ],
  [
    agent,
    'copilot-instructions.md opencode.json opencode.jsonc crush.json .crush.json .augment-guidelines .aiignore .aiexclude',
  ],
  [
    agent,
    '.claudeignore .geminiignore .codexignore .copilotignore .continuerules .continueignore .aiderignore .builderrules',
  ],
  [
    agent,
    '.kilocodemodes .kilocoderules .coderabbit.yaml .coderabbit.yml .pr_agent.toml ellipsis.yaml greptile.json crush.md',
  ],
  [agent, 'mcp_config.json smithery.yaml .clauderc .ruler.toml sweep.yaml amp.json'],
  [
    hooks,
    '.envrc .pre-commit-config.yaml .pre-commit-config.yml .pre-commit-hooks.yaml lefthook.yml lefthook.yaml .lefthook.yml',
  ],
  [
    hooks,
    '.overcommit.yml .huskyrc .huskyrc.json .devcontainer.json .tool-versions mise.toml .mise.toml devbox.json flake.nix',
  ],
  [
    hooks,
    'shell.nix default.nix .bashrc .bash_profile .profile .zshrc .zshenv .zprofile .vimrc .nvimrc .exrc .lldbinit .gdbinit',
  ],
  [
    hooks,
    'sitecustomize.py usercustomize.py .bazelrc .bazelversion gradlew gradlew.bat mvnw mvnw.cmd gradle-wrapper.properties',
  ],
  [
    hooks,
    'gradle-wrapper.jar .editorconfig-hooks .lintstagedrc .lintstagedrc.json simple-git-hooks.json .simple-git-hooks.json',
  ],
  [hooks, 'lefthook.toml lefthook.json lefthook-local.yml prek.toml hk.pkl captainhook.json grumphp.yml .replit'],
  [hooks, 'devenv.nix devenv.yaml mise.local.toml .nvim.lua .lvimrc .dir-locals.el .dir-locals-2.el'],
  [
    packages,
    '.npmrc .yarnrc .yarnrc.yml .pnp.cjs .pnp.js .pnpmfile.cjs .pnpmfile.mjs pnpm-workspace.yaml bunfig.toml .pypirc',
  ],
  [
    packages,
    'pip.conf pip.ini uv.toml .gemrc nuget.config .condarc .cargo-ok settings.gradle settings.gradle.kts gradle.properties',
  ],
  [
    packages,
    'poetry.toml rust-toolchain rust-toolchain.toml global.json .sdkmanrc vcpkg-configuration.json yarn.config.cjs',
  ],
  [
    manifest,
    'project.toml juliaproject.toml pixi.toml stack.yaml cabal.project elm.json dub.json dub.sdl gleam.toml shard.yml',
  ],
  [manifest, 'dune-project spago.yaml build.zig build.zig.zon cpanfile v.mod buf.yaml chart.yaml libs.versions.toml'],
  [manifest, 'module.bazel workspace.bazel workspace.bzlmod paket.dependencies hatch.toml'],
  [
    manifest,
    'package.json setup.py setup.cfg pyproject.toml pipfile requirements.txt constraints.txt cargo.toml build.rs go.mod',
  ],
  [
    manifest,
    'go.work gemfile composer.json pom.xml build.gradle build.gradle.kts mix.exs pubspec.yaml package.swift podfile',
  ],
  [
    manifest,
    'cartfile deno.json deno.jsonc jsr.json environment.yml environment.yaml build.sbt project.clj deps.edn rebar.config',
  ],
  [
    manifest,
    'conanfile.txt conanfile.py vcpkg.json directory.build.props directory.build.targets directory.packages.props',
  ],
  [
    lock,
    'package-lock.json npm-shrinkwrap.json pnpm-lock.yaml yarn.lock bun.lock bun.lockb go.sum go.work.sum cargo.lock',
  ],
  [
    lock,
    'composer.lock gemfile.lock poetry.lock pipfile.lock pdm.lock uv.lock mix.lock pubspec.lock podfile.lock flake.lock',
  ],
  [
    lock,
    'packages.lock.json gradle.lockfile package.resolved cartfile.resolved deno.lock conan.lock .terraform.lock.hcl',
  ],
  [
    lock,
    'cabal.project.freeze project.assets.json pixi.lock rebar.lock chart.lock requirements.lock module.bazel.lock',
  ],
  [
    lock,
    'manifest.toml juliamanifest.toml pylock.toml dub.selections.json cpanfile.snapshot verification-metadata.xml',
  ],
  [secrets, '.env .dev.vars .netrc _netrc .htpasswd .pgpass .git-credentials .dockercfg .s3cfg .npmrc.local'],
]);

const patterns: readonly {readonly pattern: RegExp; readonly why: string}[] = [
  {pattern: /^azure-pipelines.*\.ya?ml$/, why: ci},
  {pattern: /^jenkinsfile[.\-_]|\.jenkinsfile$/, why: ci},
  {pattern: /^\.gitlab-ci.*\.ya?ml$|\.gitlab-ci\.ya?ml$/, why: ci},
  {
    pattern: /^\.aider|\.mdc$|^\.cursor|^\.claude|\.instructions\.md$|\.chatmode\.md$|\.prompt\.md$|\.agent\.md$/,
    why: agent,
  },
  {pattern: /^\.(?:lintstagedrc|huskyrc|simple-git-hooks)\./, why: hooks},
  {pattern: /\.code-workspace$|\.pth$|\.sublime-project$/, why: hooks},
  {
    pattern: /^requirements[^/]*\.(?:txt|in)$|\.(?:gemspec|podspec|csproj|fsproj|vbproj|vcxproj|cabal|nimble)$/,
    why: manifest,
  },
  {pattern: /\.lock$|[.-]lock\.(?:json|ya?ml)$|\.lockb$|\.lockfile$|\.opam\.locked$/, why: lock},
  // Of Julia, one for each of its versions, and of Python (PEP 751), one for each of its purposes.
  {pattern: /^(?:julia)?manifest-v\d[\d.]*\.toml$|^pylock\.[\w-]+\.toml$/, why: lock},
  {pattern: /\.(?:opam|rockspec)$/, why: manifest},
  {pattern: /^\.releaserc\.|^release\.config\.[cm]?[jt]s$/, why: ci},
  {
    pattern:
      /^\.(?:env|dev\.vars)\.(?!(?:example|sample|template|dist|defaults?)$)|^id_(?:rsa|dsa|ecdsa|ed25519)|\.(?:pem|p12|pfx|key|jks)$/,
    why: secrets,
  },
];

function named(groups: readonly (readonly [why: string, names: string])[]): ReadonlyMap<string, string> {
  return new Map(groups.flatMap(([why, names]) => names.split(' ').map(name => [name, why] as const)));
}
