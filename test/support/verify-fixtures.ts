import type {Files} from '../../src/testing/temporary-fleet.ts';

/** A repo with a check, and a change of it that does or does not break something the check looks at. */
export interface VerifyFixture {
  readonly name: string;
  readonly files: Files;
  /** Shell lines, run in the repo. */
  readonly change: string;
  readonly breaks: boolean;
  readonly isFlaky?: boolean;
}

const node = (test: string, code: string): Files => ({
  'package.json': '{"type": "module", "scripts": {"test": "node test.js"}}',
  'code.js': code,
  'test.js': `import assert from 'node:assert';\nimport * as code from './code.js';\n${test}\n`,
});
const python = (test: string, code: string): Files => ({
  Makefile: 'check:\n\tpython3 -m unittest -q\n',
  'code.py': code,
  'test_code.py': `import unittest\nimport code_under_test as code\n\nclass Test(unittest.TestCase):\n    def test(self):\n        ${test}\n`,
  'code_under_test.py': code,
});
const shell = (test: string, code: string): Files => ({
  Makefile: 'test:\n\tsh test.sh\n',
  'code.sh': code,
  'test.sh': test,
});

const sound: readonly [string, Files, string, string][] = [
  [
    'sum',
    node('assert.equal(code.sum(2, 3), 5);', 'export const sum = (a, b) => a + b;\n'),
    's/a + b/b + a/ code.js',
    's/a + b/a - b/ code.js',
  ],
  [
    'slug',
    node("assert.equal(code.slug('A b'), 'a-b');", "export const slug = t => t.toLowerCase().replaceAll(' ', '-');\n"),
    's/t => /text => text===undefined ? \'\' : text.toString() \\&\\& text.toLowerCase().replaceAll(" ", "-"); const unused = t => / code.js',
    's/toLowerCase/toUpperCase/ code.js',
  ],
  [
    'export',
    node('assert.equal(typeof code.main, "function");', 'export function main() {}\n'),
    's/main() {}/main() { return 1; }/ code.js',
    's/function main/function start/ code.js',
  ],
  [
    'syntax',
    node('assert.ok(code.list.length);', 'export const list = [1, 2];\n'),
    's/1, 2/1, 2, 3/ code.js',
    's/1, 2]/1, 2/ code.js',
  ],
  [
    'throws',
    node('assert.throws(() => code.check(-1));', 'export const check = n => { if (n < 0) throw new Error("no"); };\n'),
    's/"no"/"not below zero"/ code.js',
    's/n < 0/n > 0/ code.js',
  ],
  [
    'async',
    node('assert.strictEqual(await code.later(), 7);', 'export const later = async () => 7;\n'),
    's/=> 7/=> 3 + 4/ code.js',
    's/=> 7/=> "7"/ code.js',
  ],
  [
    'parse',
    python('self.assertEqual(code.parse("1,2"), [1, 2])', 'def parse(t):\n    return [int(x) for x in t.split(",")]\n'),
    's/int(x)/int(x.strip())/ code_under_test.py',
    's/int(x)/str(x)/ code_under_test.py',
  ],
  [
    'import',
    python('self.assertEqual(code.pi(), 3)', 'import math\ndef pi():\n    return int(math.pi)\n'),
    's/int(math.pi)/math.floor(math.pi)/ code_under_test.py',
    's/import math/import maths/ code_under_test.py',
  ],
  [
    'indent',
    python('self.assertTrue(code.yes())', 'def yes():\n    return True\n'),
    's/return True/return not False/ code_under_test.py',
    's/    return/  return True\\n      return/ code_under_test.py',
  ],
  [
    'order',
    python('self.assertEqual(code.order([2, 1]), [1, 2])', 'def order(l):\n    return sorted(l)\n'),
    's/sorted(l)/list(sorted(l))/ code_under_test.py',
    's/sorted(l)/l/ code_under_test.py',
  ],
  [
    'edge',
    python('self.assertEqual(code.mean([]), 0)', 'def mean(l):\n    return sum(l) / len(l) if l else 0\n'),
    's/if l else/if len(l) > 0 else/ code_under_test.py',
    's/ if l else 0// code_under_test.py',
  ],
  [
    'type',
    python('self.assertIsInstance(code.name(), str)', 'def name():\n    return "x"\n'),
    's/"x"/"y"/ code_under_test.py',
    's/"x"/b"x"/ code_under_test.py',
  ],
  [
    'echo',
    shell('test "$(sh code.sh)" = hi\n', 'echo hi\n'),
    's/echo hi/printf "hi\\\\n"/ code.sh',
    's/hi/ho/ code.sh',
  ],
  ['exit', shell('sh code.sh\n', 'exit 0\n'), 's/exit 0/:/ code.sh', 's/exit 0/exit 1/ code.sh'],
  [
    'file',
    shell('grep -q key= config.ini\n', 'true\n'),
    's/true/true # yes/ code.sh',
    's/true/rm -f config.ini/ code.sh',
  ],
  [
    'quote',
    shell('sh code.sh "a b" | grep -q "^a b$"\n', 'printf "%s\\n" "$1"\n'),
    's/printf/printf --/ code.sh',
    's/"$1"/$1/ code.sh',
  ],
  [
    'status',
    shell('sh code.sh | grep -q 3\n', 'expr 1 + 2\n'),
    's/expr 1 + 2/echo $((1 + 2))/ code.sh',
    's/1 + 2/1 + 1/ code.sh',
  ],
  [
    'loop',
    shell('test $(sh code.sh | wc -l) = 3\n', 'for a in 1 2 3; do echo; done\n'),
    's/1 2 3/a b c/ code.sh',
    's/1 2 3/1 2/ code.sh',
  ],
  ['mode', shell('test -s tool\n', 'true\n'), 's/true/true # x/ code.sh', 's/true/rm -f tool/ code.sh'],
  ['hang', shell('timeout 5 sh code.sh\n', 'echo quick\n'), 's/quick/swift/ code.sh', 's/echo quick/sleep 30/ code.sh'],
];

/** Some take their effect through what they leave in the repo. */
const effects: Readonly<Record<string, string>> = {file: 'rm -f config.ini', mode: 'rm -f tool'};

/** 20 changes that break something, 20 that do not, and 5 more that do not where the check fails at random. */
export function verifyFixtures(): VerifyFixture[] {
  const extra: Files = {'config.ini': 'key=1\n', tool: {executable: '#!/bin/sh\n'}, 'run.js': 'process.exit(0);\n'};
  const edit = (script: string): string => {
    const at = script.lastIndexOf(' ');
    return `sed -i '${script.slice(0, at).replaceAll("'", `'"'"'`)}' ${script.slice(at + 1)}`;
  };
  const fixtures = sound.flatMap(([name, files, harmless, harmful]): VerifyFixture[] => [
    {name: `${name}, sound`, files: {...extra, ...files}, change: edit(harmless), breaks: false},
    {name: `${name}, broken`, files: {...extra, ...files}, change: effects[name] ?? edit(harmful), breaks: true},
  ]);
  const flaky = [0.2, 0.3, 0.4, 0.5, 0.5].map((share, index): VerifyFixture => {
    const test = `[ $(($(od -An -N2 -tu2 /dev/urandom) % 100)) -ge ${share * 100} ]\n`;
    return {
      name: `flaky ${index}, sound`,
      files: {...extra, ...shell(test, 'true\n')},
      change: "sed -i 's/true/true # x/' code.sh",
      breaks: false,
      isFlaky: true,
    };
  });
  return [...fixtures, ...flaky];
}
