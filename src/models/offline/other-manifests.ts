import {kindOfTask} from './javascript-manifests.ts';
import {type Command, type EntryPoint, isPlainWord, type Manifest, type ManifestInput, textOf} from './manifest.ts';

export function readGoMod({file, paths}: ManifestInput): Manifest {
  const lines = file.text.split('\n', 2000).map(line => line.trim().slice(0, 300));
  const module = lines
    .find(line => line.startsWith('module '))
    ?.slice(7)
    .trim();
  const version = lines.find(line => /^go \d/.test(line))?.slice(3);
  const entryPoints: EntryPoint[] = [];
  const name = textOf(module?.split('/').at(-1), 120);
  if (paths.has('main.go')) entryPoints.push({path: 'main.go', role: `command ${name ?? 'main'}`});
  for (const path of paths) {
    const command = /^cmd\/([\w.-]{1,60})\/main\.go$/.exec(path);
    if (command !== null) entryPoints.push({path, role: `command ${command[1]}`});
  }
  const direct = lines
    .filter(line => /^(?:require )?[\w.-]+\.[\w.-]+\/\S+ v\S+$/.test(line))
    .map(line => line.replace(/^require /, ''));
  return {
    path: file.path,
    stack: 'Go',
    name,
    requires: version === undefined ? [] : [`Go ${version} or newer`],
    dependencies: direct,
    commands: [
      {kind: 'build', command: 'go build ./...'},
      ...entryPoints.map(
        (entry): Command => ({
          kind: 'run',
          command: entry.path === 'main.go' ? 'go run .' : `go run ./${entry.path.slice(0, -8)}`,
        }),
      ),
      ...([...paths].some(path => path.endsWith('_test.go'))
        ? [{kind: 'test' as const, command: 'go test ./...'}]
        : []),
    ],
    entryPoints,
  };
}

export function readPom({file, paths}: ManifestInput): Manifest {
  const whole = file.text.slice(0, 200_000);
  const own = without(without(without(whole, 'parent'), 'dependencies'), 'build');
  const release = tag(own, 'maven.compiler.release') ?? tag(own, 'maven.compiler.source') ?? tag(own, 'java.version');
  const dependencies: string[] = [];
  const developmentDependencies: string[] = [];
  for (const part of whole.split('<dependency>', 300).slice(1)) {
    const body = part.slice(0, Math.min(2000, Math.max(0, part.indexOf('</dependency>'))));
    const line = [`${tag(body, 'groupId') ?? '?'}:${tag(body, 'artifactId') ?? '?'}`, tag(body, 'version')]
      .filter(it => it !== undefined)
      .join(' ');
    (tag(body, 'scope') === 'test' ? developmentDependencies : dependencies).push(line);
  }
  const mvn = paths.has('mvnw') ? './mvnw' : 'mvn';
  return {
    path: file.path,
    stack: 'Java with Maven',
    name: tag(own, 'artifactId') ?? tag(own, 'name'),
    version: tag(own, 'version'),
    description: tag(own, 'description'),
    requires: release === undefined ? [] : [`Java ${release} or newer`],
    dependencies,
    developmentDependencies,
    commands: [
      {kind: 'build', command: `${mvn} package`},
      {kind: 'test', command: `${mvn} test`},
    ],
  };
}

export function readGradle({file, paths}: ManifestInput): Manifest {
  const gradle = paths.has('gradlew') ? './gradlew' : 'gradle';
  return {
    path: file.path,
    stack: 'JVM with Gradle',
    commands: [
      {kind: 'build', command: `${gradle} build`},
      {kind: 'test', command: `${gradle} test`},
    ],
  };
}

export function readCsproj({file}: ManifestInput): Manifest {
  const text = file.text.slice(0, 200_000);
  const framework = tag(text, 'TargetFramework');
  const packages = [...text.matchAll(/<PackageReference Include="([^"]{1,120})"(?: Version="([^"]{1,60})")?/g)];
  return {
    path: file.path,
    stack: '.NET',
    name:
      tag(text, 'AssemblyName') ??
      textOf(
        file.path
          .split('/')
          .at(-1)
          ?.replace(/\.[^.]+$/, ''),
        120,
      ),
    version: tag(text, 'Version'),
    description: tag(text, 'Description'),
    license: tag(text, 'PackageLicenseExpression'),
    requires: framework === undefined ? [] : [`.NET (${framework})`],
    dependencies: packages.map(match => [match[1], match[2]].filter(it => it !== undefined).join(' ')),
    commands: [
      {kind: 'build', command: 'dotnet build'},
      ...(tag(text, 'OutputType')?.toLowerCase() === 'exe' ? [{kind: 'run' as const, command: 'dotnet run'}] : []),
      ...(/Microsoft\.NET\.Test\.Sdk/.test(text) ? [{kind: 'test' as const, command: 'dotnet test'}] : []),
    ],
  };
}

export function readGemfile({file, paths}: ManifestInput): Manifest {
  const gems = [
    ...file.text.slice(0, 100_000).matchAll(/^[ \t]{0,20}gem ["']([\w-]{1,100})["'](?:, ?["']([^"']{1,40})["'])?/gm),
  ];
  const names = new Set(gems.map(match => match[1]));
  const ruby = /^ruby ["']([^"']{1,40})["']/m.exec(file.text.slice(0, 100_000))?.[1];
  const commands: Command[] = [{kind: 'install', command: 'bundle install'}];
  if (names.has('rails') && paths.has('bin/rails')) commands.push({kind: 'run', command: 'bin/rails server'});
  if (names.has('rspec') || names.has('rspec-rails')) commands.push({kind: 'test', command: 'bundle exec rspec'});
  else if (paths.has('Rakefile')) commands.push({kind: 'test', command: 'bundle exec rake'});
  return {
    path: file.path,
    stack: 'Ruby',
    requires: ruby === undefined ? [] : [`Ruby ${ruby}`],
    dependencies: gems.map(match => [match[1], match[2]].filter(it => it !== undefined).join(' ')),
    commands,
  };
}

export function readMixExs({file}: ManifestInput): Manifest {
  const text = file.text.slice(0, 100_000);
  const elixir = /elixir: "([^"]{1,40})"/.exec(text)?.[1];
  return {
    path: file.path,
    stack: 'Elixir',
    name: /app: :(\w{1,80})/.exec(text)?.[1],
    version: /version: "([^"]{1,40})"/.exec(text)?.[1],
    description: /description: "([^"]{1,300})"/.exec(text)?.[1],
    requires: elixir === undefined ? [] : [`Elixir ${elixir}`],
    dependencies: [...text.matchAll(/\{:(\w{1,80}), "([^"]{1,40})"/g)].map(match => `${match[1]} ${match[2]}`),
    commands: [
      {kind: 'install', command: 'mix deps.get'},
      {kind: 'build', command: 'mix compile'},
      {kind: 'test', command: 'mix test'},
    ],
  };
}

export function readMakefile({file, paths}: ManifestInput): Manifest {
  const commands: Command[] = [];
  const seen = new Set<string>();
  let comment: string | undefined;
  for (const line of file.text.split('\n', 5000)) {
    const target = /^([A-Za-z][\w.-]{0,60})[ \t]{0,8}:(?![=:])(?:[^#\n]{0,300}##[ \t]?(.{1,160}))?/.exec(
      line.slice(0, 500),
    );
    if (target !== null && !seen.has(target[1]!) && !/\.[a-z]{1,3}$/.test(target[1]!)) {
      seen.add(target[1]!);
      const first = commands.length === 0;
      const kind = first && kindOfTask(target[1]!) === 'other' ? 'build' : kindOfTask(target[1]!);
      commands.push({kind, command: first ? 'make' : `make ${target[1]}`, note: textOf(target[2] ?? comment, 160)});
    }
    comment = line.startsWith('#') ? line.replace(/^#+\s?/, '').slice(0, 300) : undefined;
  }
  return {path: file.path, stack: [...paths].some(path => path.endsWith('.c')) ? 'C with make' : 'make', commands};
}

export function readJustfile({file}: ManifestInput): Manifest {
  const names = [...file.text.slice(0, 100_000).matchAll(/^([a-z][\w-]{0,60})(?: [^:=\n]{0,100})?:(?!=)/gm)].map(
    match => match[1]!,
  );
  return {
    path: file.path,
    stack: 'just',
    commands: names.slice(0, 50).map(name => ({kind: kindOfTask(name), command: `just ${name}`})),
  };
}

export function readDockerfile({file}: ManifestInput): Manifest {
  const port = /^EXPOSE[ \t]{1,8}(\d{1,5})/m.exec(file.text.slice(0, 100_000))?.[1];
  return {
    path: file.path,
    stack: 'Docker',
    // the name of the image is filled in by whoever knows the name of the repo
    commands: [
      {kind: 'other', command: 'docker build -t NAME .', note: 'build the image'},
      {
        kind: 'other',
        command: port === undefined ? 'docker run --rm NAME' : `docker run --rm -p ${port}:${port} NAME`,
        note: 'run the image',
      },
    ],
  };
}

export function readCompose({file}: ManifestInput): Manifest {
  return {
    path: file.path,
    stack: 'Docker Compose',
    commands: [{kind: 'other', command: 'docker compose up', note: 'start the services'}],
  };
}

export function readRequirements({file}: ManifestInput): Manifest {
  const lines = file.text
    .split('\n', 500)
    .map(line => line.split('#', 1)[0]!.trim())
    .filter(line => /^[A-Za-z0-9]/.test(line));
  const name = file.path.split('/').at(-1)!;
  return {
    path: file.path,
    stack: 'Python',
    dependencies: lines.map(line => line.slice(0, 120)),
    commands: isPlainWord(name) ? [{kind: 'install', command: `pip install -r ${name}`}] : [],
  };
}

/** Text of the first element of that name. */
function tag(xml: string, name: string): string | undefined {
  const start = xml.indexOf(`<${name}>`);
  if (start < 0) return undefined;
  const end = xml.indexOf('</', start);
  const text = end < 0 ? undefined : textOf(xml.slice(start + name.length + 2, Math.min(end, start + 1000)));
  return text === undefined || text.includes('${') || text.includes('<') ? undefined : text;
}

function without(xml: string, name: string): string {
  const start = xml.indexOf(`<${name}>`);
  const end = start < 0 ? -1 : xml.indexOf(`</${name}>`, start);
  return end < 0 ? xml : xml.slice(0, start) + xml.slice(end);
}
