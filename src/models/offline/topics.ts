/**
 * What a heading or a placeholder is about, so that `Getting started`, `{{installation}}` and `## Install` mean one thing.
 * Undefined when the words say nothing we know.
 */
export function topicOf(words: string): string | undefined {
  const key = words
    .slice(0, 120)
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return topics.find(([topic, pattern]) => key === topic.replaceAll('_', ' ') || pattern.test(key))?.[0];
}

const topics: readonly (readonly [string, RegExp])[] = [
  ['name', /^(?:(?:project|repo|repository|package) name|title|project|repo|repository)$/],
  [
    'summary',
    /^(?:(?:short |project |repo )?description|overview|about|introduction|intro|purpose|what (?:it|this) is|what is this)$/,
  ],
  [
    'install',
    /^(?:install\w*|set ?up|getting started|quick ?start|how to install|installation and set ?up|requirements|prerequisites|building|build)$/,
  ],
  [
    'usage',
    /^(?:use|using|usage\b.*|how to use.*|examples?|running|run|api|quick start|commands line|cli|command line)$/,
  ],
  ['configuration', /^(?:config\w*|settings|options|environment(?: variables)?)$/],
  [
    'development',
    /^(?:develop\w*|contribut\w*|hacking|scripts|commands|testing|tests|how to contribute|working on it)$/,
  ],
  [
    'layout',
    /^(?:(?:project |repo |repository |code |directory |folder )?(?:layout|structure|tree|files|organi[sz]ation)|what is where|architecture)$/,
  ],
  ['license', /^(?:licen[sc]e|licensing|copying|copyright|licen[sc]e and copyright)$/],
  ['at_a_glance', /^(?:facts|key facts|at a glance)$/],
  ['entry_points', /^(?:entry ?points?|where it starts)$/],
  ['dependencies', /^(?:dependencies|main dependencies|third party|libraries)$/],
  ['state', /^(?:state|status|activity|project status)$/],
  ['risks', /^(?:risks?|risks and .*|open questions|known issues|limitations|state and risks)$/],
  ['start_here', /^(?:where to start.*|start here|reading order|further reading)$/],
  ['verdict', /^(?:verdict|review summary)$/],
  ['findings', /^(?:findings?|issues|problems|review|code review)$/],
  ['strengths', /^(?:strengths|what is good|good|positives|highlights)$/],
  ['not_reviewed', /^(?:not reviewed|out of scope|left out|coverage)$/],
  ['day_summary', /^(?:summary of the day|today|day)$/],
  [
    'what_happened',
    /^(?:what happened|changes|changelog|history|recent changes|commits|recent activity|activity log)$/,
  ],
  ['decisions', /^(?:decisions?(?: and reasons)?|reasons)$/],
  ['open_threads', /^(?:open threads|next|next steps|to ?do|open)$/],
  ['languages', /^(?:languages?|language|tech(?:nology)?(?: stack)?|stack)$/],
  ['version', /^(?:version|current version|latest version)$/],
  ['date', /^(?:date|generated|generated (?:on|at)|updated|last updated)$/],
  ['commit', /^(?:commit|revision|sha)$/],
  ['branch', /^branch$/],
];
