import type {FinishReason} from '../../src/domain/model.ts';
import type {FailureReason} from '../../src/domain/outcome.ts';

export interface BadReply {
  readonly name: string;
  readonly text: string;
  readonly reason: FailureReason;
  /** Default README.md. */
  readonly path?: string;
  /** Default `stop`. */
  readonly finishReason?: FinishReason;
}

export interface GoodReply {
  readonly name: string;
  readonly text: string;
  readonly path?: string;
  /** What the file must be, when that is not the reply with one newline at its end. */
  readonly file?: string;
}

const readme = `# mcp-fleet

Runs many MCP servers as one.

## Install

\`\`\`bash
npm install mcp-fleet
\`\`\`

## Use

1. Write a configuration:

   \`\`\`json
   {"servers": []}
   \`\`\`

2. Start it with \`mcp-fleet start\`.

## License

MIT
`;

const fenced = (text: string, language = 'markdown', mark = '```'): string => `${mark}${language}\n${text}${mark}`;

export const badReplies: readonly BadReply[] = [
  {name: 'cut by the output limit', text: readme.slice(0, 90), finishReason: 'length', reason: 'reply-truncated'},
  {name: 'whole, but said to be cut', text: readme, finishReason: 'length', reason: 'reply-truncated'},
  {name: 'stopped by a filter', text: readme, finishReason: 'content-filter', reason: 'reply-refused'},
  {name: 'wants a tool', text: readme, finishReason: 'tool-calls', reason: 'reply-unfinished'},
  {name: 'an error in the stream', text: readme, finishReason: 'error', reason: 'reply-unfinished'},
  {name: 'interrupted', text: readme, finishReason: 'interrupted', reason: 'reply-unfinished'},
  {name: 'an unknown end', text: readme, finishReason: 'other', reason: 'reply-unfinished'},
  {name: 'nothing', text: '', reason: 'reply-empty'},
  {name: 'blank lines', text: ' \n\t\n\n', reason: 'reply-empty'},
  {name: 'invisible characters', text: '\ufeff\u200b\u2060\n', reason: 'reply-empty'},
  {name: 'an empty fence', text: '```markdown\n\n```', reason: 'reply-empty'},
  {name: 'thoughts and nothing else', text: '<think>The user wants a README.</think>\n\n', reason: 'reply-empty'},
  {name: 'a NUL', text: readme.replace('MIT', 'M\0T'), reason: 'reply-off-format'},
  {name: 'terminal escapes', text: `\u001b[1m${readme}`, reason: 'reply-off-format'},
  {name: 'bytes that were no UTF-8', text: readme.replaceAll('e', '\ufffd'), reason: 'reply-off-format'},
  {name: 'half a surrogate pair', text: `${readme}\ud83d`, reason: 'reply-off-format'},
  {name: 'more than a file may have', text: `# Big\n\n${'word '.repeat(220_000)}`, reason: 'reply-too-large'},

  {name: 'a refusal', text: "I'm sorry, but I can't assist with that request.", reason: 'reply-refused'},
  {name: 'a refusal with a curly apostrophe', text: 'I’m sorry, but I can’t help with that.', reason: 'reply-refused'},
  {
    name: 'a refusal for want of access',
    text: "I cannot access the repository's files, so I am unable to write a README. Please share them.",
    reason: 'reply-refused',
  },
  {
    name: 'a refusal as an AI',
    text: 'As an AI language model, I cannot review proprietary code.',
    reason: 'reply-refused',
  },
  {
    name: 'a refusal that starts with Unfortunately',
    text: 'Unfortunately, I am not able to create this file.\n\nThe content appears to violate a policy.',
    reason: 'reply-refused',
  },
  {
    name: 'a refusal under a heading',
    text: "# README\n\nI'm sorry, I can't generate this document.",
    reason: 'reply-refused',
  },
  {name: 'a refusal in a fence', text: "```\nI can't help with that.\n```", reason: 'reply-refused'},
  {name: 'a refusal in German', text: 'Es tut mir leid, aber dabei kann ich nicht helfen.', reason: 'reply-refused'},
  {name: 'a refusal in Chinese', text: '抱歉，我无法协助处理该请求。', reason: 'reply-refused'},
  {
    name: 'a refusal for a text file',
    path: 'NOTES.txt',
    text: 'I must decline to write this.',
    reason: 'reply-refused',
  },

  {name: 'a line before', text: `Here is the README:\n\n${readme}`, reason: 'reply-chatter'},
  {name: 'Sure!', text: `Sure! Here's a README for your project.\n\n${readme}`, reason: 'reply-chatter'},
  {
    name: 'a line before and a rule',
    text: `Certainly! Below is the file.\n\n---\n\n${readme}`,
    reason: 'reply-chatter',
  },
  {
    name: 'an underlined line before',
    text: `Here is the README you asked for\n---\n${readme}`,
    reason: 'reply-chatter',
  },
  {
    name: 'a plan before',
    text: `I'll analyze the repository and write the README.\n\n${readme}`,
    reason: 'reply-chatter',
  },
  {
    name: 'thoughts before, without a mark',
    text: `The user wants a README. Let me see what the package does.\n\n${readme}`,
    reason: 'reply-chatter',
  },
  {
    name: 'the end of thoughts without their start',
    text: `Let me think about it.\n</think>\n\n${readme}`,
    reason: 'reply-chatter',
  },
  {name: 'a line before, in bold', text: `**Here is your README.md:**\n\n${readme}`, reason: 'reply-chatter'},
  {
    name: 'a line before, in italics',
    text: `*Here is the generated README file*\n\n${readme}`,
    reason: 'reply-chatter',
  },
  {name: 'a line before, in German', text: `Hier ist die README-Datei:\n\n${readme}`, reason: 'reply-chatter'},
  {name: 'a line before, in Japanese', text: `こちらがREADMEです。\n\n${readme}`, reason: 'reply-chatter'},
  {
    name: 'a line before that no list knows',
    text: `Voilà mon travail, fait avec soin.\n\n${readme}`,
    reason: 'reply-chatter',
  },
  {
    name: 'a line before, and the file in a fence',
    text: `Here's the README:\n\n${fenced(readme)}`,
    reason: 'reply-chatter',
  },
  {
    name: 'the file in a fence between two lines',
    text: `Based on the code:\n\n${fenced(readme)}\n\nLet me know if you want changes.`,
    reason: 'reply-chatter',
  },
  {
    name: 'the file in a bare fence after a line',
    text: `The file:\n\n${fenced('# Tool\n\nText.\n', '')}`,
    reason: 'reply-chatter',
  },
  {
    name: 'a fence, then a line',
    text: `${fenced('# Tool\n\nText.\n')}\n\nThis covers all the basics.`,
    reason: 'reply-chatter',
  },
  {name: 'a heading that announces', text: `# Here is your README\n\n${readme}`, reason: 'reply-chatter'},
  {
    name: 'the file in a fence under a heading',
    text: `# README.md\n\nSee below.\n\n${fenced(readme.replaceAll('```', '~~~'))}`,
    reason: 'reply-chatter',
  },
  {
    name: 'Let me know',
    text: `${readme}\nLet me know if you'd like me to adjust any section!`,
    reason: 'reply-chatter',
  },
  {name: 'I hope this helps', text: `${readme}\n---\n\nI hope this helps! 🚀`, reason: 'reply-chatter'},
  {
    name: 'Would you like',
    text: `${readme}\nWould you like me to add a contributing guide as well?`,
    reason: 'reply-chatter',
  },
  {name: 'If you like, I can', text: `${readme}\nIf you'd like, I can also add badges.`, reason: 'reply-chatter'},
  {name: 'an offer with a list', text: `${readme}\nI can also add:\n\n- badges\n- a logo`, reason: 'reply-chatter'},
  {
    name: 'praise of the file',
    text: `${readme}\nThis README provides a comprehensive overview of the project.`,
    reason: 'reply-chatter',
  },
  {
    name: 'what was changed',
    text: `${readme}\n**Changes made:**\n- Added an install section\n- Fixed typos`,
    reason: 'reply-chatter',
  },
  {
    name: 'what was assumed',
    text: `${readme}\nNote: I couldn't find a license file, so MIT is an assumption.`,
    reason: 'reply-chatter',
  },
  {
    name: 'an account of the work',
    text: `${readme}\nI've written this README based on the provided files.`,
    reason: 'reply-chatter',
  },
  {name: 'a line after, in Spanish', text: `${readme}\nEspero que esto te sirva.`, reason: 'reply-chatter'},

  {name: 'ends inside code', text: '# Tool\n\n```bash\nnpm install\n', reason: 'reply-off-format'},
  {
    name: 'ends inside a fence around it',
    text: '```markdown\n# Tool\n\nSome text\n\n```bash\nnpm i\n```\n\nMore te',
    reason: 'reply-off-format',
  },
  {name: 'ends inside a comment', text: '# Tool\n\n<!-- badges start', reason: 'reply-off-format'},
  {name: 'ends with an empty heading', text: '# Tool\n\nText.\n\n##', reason: 'reply-off-format'},
  {name: 'ends with a colon', text: '# Tool\n\nRun the following command:', reason: 'reply-off-format'},
  {name: 'ends inside a link', text: '# Tool\n\nSee [the docs](https://exam', reason: 'reply-off-format'},
  {
    name: 'ends inside a row',
    text: '# Tool\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n| 3 |  fou',
    reason: 'reply-off-format',
  },
  {
    name: 'leaves the rest out',
    text: `${readme}\n<!-- rest of the file unchanged -->\n\n## End\n\nText`,
    reason: 'reply-off-format',
  },
  {name: 'says that it was cut', text: '# Tool\n\nText.\n\n[Output truncated]', reason: 'reply-off-format'},
  {
    name: 'goes on in another message',
    text: '# Tool\n\nText.\n\n(continued in the next message)',
    reason: 'reply-off-format',
  },
  {name: 'dots at the end', text: '# Tool\n\n## A\n\nText.\n\n...', reason: 'reply-off-format'},
  {
    name: 'prose without a document',
    text: 'The project is a small tool written in Go. It has three packages.',
    reason: 'reply-off-format',
  },
  {name: 'a placeholder of the template', text: '# {{name}}\n\nA tool.', reason: 'reply-off-format'},
  {name: 'a placeholder with spaces', text: '# Tool\n\n{{ one sentence }}', reason: 'reply-off-format'},
  {name: 'unfinished thoughts', text: '<think>The user wants a README for', reason: 'reply-off-format'},

  {name: 'JSON that is none', path: 'data.json', text: '{"a": 1,', reason: 'reply-off-format'},
  {
    name: 'JSON with talk',
    path: 'data.json',
    text: 'Here is the JSON:\n\n```json\n{"a": 1}\n```',
    reason: 'reply-chatter',
  },
  {
    name: 'JSON in a fence, then talk',
    path: 'data.json',
    text: '```json\n{"a": 1}\n```\nDone.',
    reason: 'reply-chatter',
  },
  {name: 'JSON in a fence that never ends', path: 'data.json', text: '```json\n{"a": 1}', reason: 'reply-off-format'},
  {name: 'YAML that is none', path: 'ci.yml', text: 'a: [1, 2\nb: }', reason: 'reply-off-format'},
  {
    name: 'YAML with talk that parses',
    path: 'ci.yaml',
    text: "Here's the configuration:\nname: ci\n",
    reason: 'reply-chatter',
  },
  {name: 'TOML with talk', path: 'x.toml', text: 'Sure, here is the TOML:\n\n[a]\nb = 1\n', reason: 'reply-chatter'},
  {
    name: 'text with talk',
    path: 'notes.txt',
    text: 'Some notes.\n\nLet me know if you want any changes!',
    reason: 'reply-chatter',
  },
];

/** The template that the placeholders above are from. */
export const exampleTemplate = '# {{name}}\n\n{{one sentence}}\n\n## Install\n\n{{ install }}\n';

export const goodReplies: readonly GoodReply[] = [
  {name: 'a plain README', text: readme},
  {name: 'no newline at the end', text: readme.trimEnd(), file: readme},
  {name: 'blank lines at both ends', text: `\n\n${readme}\n\n\n`, file: readme},
  {name: 'CRLF', text: readme.replaceAll('\n', '\r\n'), file: readme},
  {name: 'a byte order mark', text: `\ufeff${readme}`, file: readme},
  {name: 'wholly in a fence, with fences of the same length inside', text: fenced(readme), file: readme},
  {name: 'wholly in a fence of four', text: `\n${fenced(readme, 'md', '````')}\n`, file: readme},
  {name: 'wholly in a bare fence', text: fenced(readme, ''), file: readme},
  {
    name: 'wholly in a fence, with bare fences inside',
    text: fenced('# T\n\n```\na\n```\n\nb\n'),
    file: '# T\n\n```\na\n```\n\nb\n',
  },
  {name: 'thoughts before the file', text: `<think>\nWhat is it?\n</think>\n\n${readme}`, file: readme},
  {name: 'front matter', text: `---\ntitle: "Tool: the docs"\ntags: [a, b]\n---\n\n# Tool\n\nText.`},
  {name: 'TOML front matter', text: '+++\ntitle = "Tool"\n+++\n\n# Tool\n\nText.'},
  {name: 'a comment first', text: '<!-- Written by a tool.\nDo not edit. -->\n# Tool\n\nText.'},
  {
    name: 'a notice of no model first',
    text: '*Written without a model (offline) from what the repository says.*\n\n# Tool\n\nText.',
  },
  {
    name: 'a centred logo and heading',
    text: '<p align="center">\n  <img src="logo.svg" width="200">\n</p>\n\n<h1 align="center">Tool</h1>\n\n<p align="center">A fast tool.</p>\n\n## Install\n\n`npm i tool`',
  },
  {name: 'HTML heading first', text: '<h1 align="center">\n  Tool\n</h1>\n\nText.'},
  {name: 'HTML around a Markdown heading', text: '<div align="center">\n\n# Tool\n\n</div>\n\nText.'},
  {name: 'badges first', text: '[![CI](https://x/y.svg)](https://x)\n![npm](https://z.svg)\n\n# Tool\n\nText.'},
  {name: 'a row of links first', text: '[English](README.md) | [Deutsch](README.de.md)\n\n# Tool\n\nText.'},
  {name: 'a list that ends with the word', text: '# Changes\n\n* fix what was truncated (A. Person)'},
  {name: 'an underlined heading', text: 'Tool\n====\n\nText.\n\nInstall\n-------\n\nText.'},
  {name: 'a quote before the heading', text: '> [!WARNING]\n> Not stable.\n\n# Tool\n\nText.'},
  {name: 'German', text: '# Werkzeug\n\nHier ist beschrieben, wie man es benutzt.\n\n## Lizenz\n\nMIT'},
  {name: 'Japanese', text: '# ツール\n\nこのツールはファイルを変換します。\n\n## ライセンス\n\nMIT'},
  {name: 'Arabic with direction marks', text: '# أداة\n\nأداة سريعة\u200f (CLI).\n\n## الرخصة\n\nMIT'},
  {name: 'an emoji in the heading', text: '# 🚀 Tool\n\nSure, it is fast.\n\n## Use\n\nCertainly.'},
  {name: 'ends with code', text: '# Tool\n\n## Use\n\n```bash\ntool --help\n```'},
  {name: 'ends with a link definition', text: '# Tool\n\nSee the [docs].\n\n[docs]: https://example.com/'},
  {name: 'ends with a table', text: '# Tool\n\n| a | b |\n| --- | --- |\n| 1 | 2 |'},
  {name: 'ends with an invitation', text: '# Tool\n\n## Contributing\n\nFeel free to open an issue or a pull request.'},
  {
    name: 'ends with how to reach people',
    text: '# Tool\n\n## Help\n\nIf you have questions, ask in Discussions. Let us know what you build!',
  },
  {
    name: 'ends with the story of its author',
    text: '# Tool\n\n## Why\n\nI wrote this because nothing else was small enough. I hope you enjoy it.',
  },
  {
    name: 'says sorry in the middle',
    text: "# Tool\n\nSorry, Windows is not supported: we can't test it.\n\n## Use\n\nRun it.\n\nThen stop it.",
  },
  {
    name: 'mustaches that are not of the template',
    text: '# Tool\n\nWrite `{{name}}` in a view, or {{ user }}:\n\n```html\n<b>{{name}}</b>\n```\n\nDone.',
  },
  {
    name: 'a long sample of Markdown',
    text: `# Tool\n\nIt turns a file such as this one into a page. It keeps headings, lists, tables and code as they are, and makes a list of contents for them.\n\n## Input\n\n~~~markdown\n# Title\n\n${'Some text.\n\n'.repeat(12)}~~~\n\n## Output\n\nHTML, one page for every file. Styles can be given with \`--css\`; without it the page has none, and stays readable in every browser. Links between files become links between pages. Images are copied beside the page.\n\n## License\n\nMIT. See LICENSE for the words. ${'It is short and says what it means. '.repeat(5)}`,
  },
  {
    name: 'code in a list and in a quote',
    text: '# Tool\n\n- one\n\n  ```js\n  a\n  ```\n\n> ```sh\n> b\n> ```\n\nEnd.',
  },
  {name: 'tildes around backticks', text: '# Tool\n\n~~~\n```\nnot closed inside\n~~~\n\nEnd.'},
  {
    name: 'a review',
    path: 'CODE_REVIEW.md',
    text: '# Code review\n\n## Summary of changes\n\nNothing urgent.\n\n1. `src/a.ts:12`: a promise is not awaited.\n\n## What I could not check\n\nThe tests were not run.',
  },
  {
    name: 'a journal',
    path: 'docs/journal/2026-01-31.md',
    text: '# 2026-01-31\n\nWe fixed the parser and wrote down why.\n\n- `a1b2c3d` parser: keep comments',
  },
  {
    name: 'a sign that was lost once',
    text: '# Encoding\n\nWhat cannot be read becomes \ufffd in the output, once for every sequence that is not valid.\n\nThat is all there is to say about it here.',
  },
  {name: 'JSON', path: 'data.json', text: '{"a": [1, 2]}\n'},
  {name: 'JSON in a fence', path: 'data.json', text: '```json\n{"a": 1}\n```', file: '{"a": 1}\n'},
  {name: 'YAML', path: 'ci.yml', text: 'on: push\njobs:\n  a:\n    steps: [run: "npm test"]\n'},
  {name: 'YAML in a fence', path: 'ci.yaml', text: '```yaml\na: 1\n```\n', file: 'a: 1\n'},
  {name: 'TOML', path: 'x.toml', text: '[a]\nb = "Here is"\n'},
  {name: 'text without a heading', path: 'NOTES.txt', text: 'Notes\n\nSure enough, it works.\nOkay.'},
];
