import type {DeliveryKind} from './job.ts';
import type {Cost, Usage} from './usage.ts';

/** Whether running a failed job again can help: `yes` at once, `after-fix` once a person did something, `no` not as it is. */
export type RetryHelps = 'yes' | 'after-fix' | 'no';

interface ReasonInfo {
  readonly family: 'repo' | 'context' | 'provider' | 'reply' | 'agent' | 'check' | 'delivery' | 'us';
  /** One sentence: what happened. */
  readonly cause: string;
  /** What to do next, as a sentence or a command. */
  readonly next: string;
  readonly retry: RetryHelps;
}

/** Every way in which a job can fail. The one list: results, log, exit code, `retry` and docs/reference/outcomes.md come from it. */
export const failureReasons = {
  'path-missing': {
    family: 'repo',
    cause: 'The path of the repo does not exist on this machine.',
    next: 'Correct "path" in the fleet file, or clone the repo there.',
    retry: 'after-fix',
  },
  'not-a-repository': {
    family: 'repo',
    cause: 'The path exists but holds no git repository.',
    next: 'Run git init there, or remove it from the fleet.',
    retry: 'after-fix',
  },
  'no-commits': {
    family: 'repo',
    cause: 'The repository has no commit yet.',
    next: 'Make a first commit.',
    retry: 'after-fix',
  },
  'repo-unreadable': {
    family: 'repo',
    cause: 'Files of the repository cannot be read by this user.',
    next: 'Run as the owner of the repository, or grant read access.',
    retry: 'after-fix',
  },
  'repo-corrupt': {
    family: 'repo',
    cause: 'An object that HEAD needs is missing or does not match its id.',
    next: 'Run git fsck in the repo; fetch or clone it again.',
    retry: 'after-fix',
  },
  'repo-unsupported': {
    family: 'repo',
    cause: 'The repository uses a storage format that cannot be read.',
    next: 'Convert it, or exclude it with "exclude".',
    retry: 'no',
  },
  'no-work-tree': {
    family: 'repo',
    cause: 'The repo has no work tree on this machine, so files cannot be delivered into it.',
    next: 'Give it a "path" with a checkout, or choose another delivery.',
    retry: 'after-fix',
  },
  'repo-busy': {
    family: 'repo',
    cause: 'Another run held the repo for longer than this job may wait.',
    next: 'Run it again when the other run has ended: orchestrator retry',
    retry: 'yes',
  },
  'tree-too-large': {
    family: 'context',
    cause: 'The repository has more files than can be planned.',
    next: 'Exclude it, or give the skill a smaller repository.',
    retry: 'no',
  },
  'context-empty': {
    family: 'context',
    cause: 'Nothing in the repository may be shown to a model.',
    next: 'See held-back files with: orchestrator plan',
    retry: 'after-fix',
  },
  'context-too-large': {
    family: 'context',
    cause: 'The skill and the smallest useful context do not fit the budget of tokens.',
    next: 'Raise "context_tokens" or shorten the skill.',
    retry: 'after-fix',
  },
  'provider-auth': {
    family: 'provider',
    cause: 'The provider refused the key.',
    next: 'Set a valid key in the environment, then: orchestrator retry',
    retry: 'after-fix',
  },
  'provider-forbidden': {
    family: 'provider',
    cause: 'The key may not use this model.',
    next: 'Choose another --model, or ask for access.',
    retry: 'after-fix',
  },
  'provider-not-found': {
    family: 'provider',
    cause: 'The provider does not know this model or address.',
    next: 'Check the model name with: orchestrator list models',
    retry: 'after-fix',
  },
  'provider-bad-request': {
    family: 'provider',
    cause: 'The provider refused the request as malformed.',
    next: 'Read the message; a too large context is the usual cause.',
    retry: 'no',
  },
  'provider-quota': {
    family: 'provider',
    cause: 'The account has no credit left.',
    next: 'Add credit, then: orchestrator retry',
    retry: 'after-fix',
  },
  'rate-limited': {
    family: 'provider',
    cause: 'The provider kept answering that there were too many requests.',
    next: 'Run it later with fewer workers: orchestrator retry',
    retry: 'yes',
  },
  'provider-overloaded': {
    family: 'provider',
    cause: 'The provider kept answering that it is overloaded.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'provider-error': {
    family: 'provider',
    cause: 'The provider kept answering with a server error.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'provider-unreachable': {
    family: 'provider',
    cause: 'No connection to the provider could be made or kept.',
    next: 'Check the network and the base URL with: orchestrator doctor',
    retry: 'yes',
  },
  'provider-timeout': {
    family: 'provider',
    cause: 'The provider did not answer in time.',
    next: 'Raise "timeout_s", or: orchestrator retry',
    retry: 'yes',
  },
  'provider-redirected': {
    family: 'provider',
    cause: 'The provider address redirected elsewhere; keys are not sent along.',
    next: 'Correct the base URL.',
    retry: 'after-fix',
  },
  'batch-expired': {
    family: 'provider',
    cause: 'The provider did not come to this request before the time of its batch was over. It was not billed.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'batch-canceled': {
    family: 'provider',
    cause: 'The batch was canceled before this request was answered. It was not billed.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'batch-outdated': {
    family: 'repo',
    cause: 'The repo does not stand any more where its request in the batch was made from.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'batch-reply-missing': {
    family: 'reply',
    cause: 'The batch has ended and holds nothing for this request, though it may have been billed.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'reply-malformed': {
    family: 'reply',
    cause: 'The provider answered with something that is not a valid reply.',
    next: 'orchestrator retry; if it stays, check the base URL.',
    retry: 'yes',
  },
  'reply-cut': {
    family: 'reply',
    cause: 'The connection ended before the reply was complete.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'reply-truncated': {
    family: 'reply',
    cause: 'The reply reached the output limit and is not whole.',
    next: 'Raise "max_output_tokens", or ask the skill for less.',
    retry: 'after-fix',
  },
  'reply-refused': {
    family: 'reply',
    cause: 'The model or a content filter refused to answer.',
    next: 'Try another model, or look at what the repo shows.',
    retry: 'no',
  },
  'reply-empty': {family: 'reply', cause: 'The reply has no text.', next: 'orchestrator retry', retry: 'yes'},
  'reply-chatter': {
    family: 'reply',
    cause: 'The reply talks about the file, and the file could not be told from the talk.',
    next: 'orchestrator retry; make the skill say that only the file is wanted.',
    retry: 'yes',
  },
  'reply-unfinished': {
    family: 'reply',
    cause: 'The model stopped for a reason that is not the end of its answer.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'reply-off-format': {
    family: 'reply',
    cause: 'The reply is not the file or files that the skill asks for.',
    next: 'orchestrator retry, or correct the skill.',
    retry: 'yes',
  },
  'reply-too-large': {
    family: 'reply',
    cause: 'The reply is larger than a file that may be delivered.',
    next: 'Ask the skill for less.',
    retry: 'yes',
  },
  'reply-holds-secret': {
    family: 'reply',
    cause: 'The reply holds what looks like a secret.',
    next: 'Look at the reply with: orchestrator logs',
    retry: 'yes',
  },
  'skill-check-failed': {
    family: 'check',
    cause: 'The output does not meet a check of the skill.',
    next: 'orchestrator retry, or correct the check in SKILL.md.',
    retry: 'yes',
  },
  'offline-unfit': {
    family: 'check',
    cause: 'What can be written without a model does not meet the skill.',
    next: 'Put what the skill asks for into its template.md, or use a model.',
    retry: 'after-fix',
  },
  'turn-limit': {
    family: 'agent',
    cause: 'The agent used all its turns and had not finished.',
    next: 'Raise "max_turns" and run it again; turns that were paid are not paid again.',
    retry: 'after-fix',
  },
  'time-limit': {
    family: 'agent',
    cause: 'The agent used all its time and had not finished.',
    next: 'Raise "job_timeout_s" and run it again; turns that were paid are not paid again.',
    retry: 'after-fix',
  },
  'job-budget': {
    family: 'agent',
    cause: 'What the next call could cost at worst does not fit the budget of the job.',
    next: 'Raise "job_budget_usd" and run it again; turns that were paid are not paid again.',
    retry: 'after-fix',
  },
  'tools-denied': {
    family: 'agent',
    cause: 'The agent changed nothing, and asked for tools or paths that it may not use.',
    next: 'See what it asked for with: orchestrator logs --job SKILL/REPO --transcript; widen "allowed-tools" of the skill if it was right.',
    retry: 'after-fix',
  },
  'no-effect': {
    family: 'agent',
    cause: 'The agent said that it was done, and what it was to write is not there.',
    next: 'See what it did with: orchestrator logs --job SKILL/REPO --transcript; then: orchestrator retry',
    retry: 'yes',
  },
  'agent-stalled': {
    family: 'agent',
    cause: 'The agent made no headway: its calls failed, or it answered nothing.',
    next: 'See what it did with: orchestrator logs --job SKILL/REPO --transcript; then: orchestrator retry',
    retry: 'yes',
  },
  'agent-looping': {
    family: 'agent',
    cause: 'The agent made the same call again and again.',
    next: 'See what it did with: orchestrator logs --job SKILL/REPO --transcript; then: orchestrator retry',
    retry: 'yes',
  },
  'agent-failed': {
    family: 'agent',
    cause: 'The other agent could not be started, broke off, or answered with an error.',
    next: 'Start it by hand to see what is wrong, then: orchestrator retry',
    retry: 'after-fix',
  },
  'history-too-long': {
    family: 'agent',
    cause: 'The conversation of the agent is too long for its limit, also when it is shortened.',
    next: 'Raise "context_tokens", or ask the skill for less at once.',
    retry: 'after-fix',
  },
  'held-for-review': {
    family: 'check',
    cause: 'The policy wants a person to see the change before it leaves; it is kept.',
    next: 'orchestrator review',
    retry: 'no',
  },
  'change-too-large': {
    family: 'check',
    cause: 'The job left more files or bytes behind than a change may have.',
    next: 'Have the skill do less at once, or have the repo ignore build output in .gitignore.',
    retry: 'after-fix',
  },
  'script-failed': {
    family: 'check',
    cause: "The skill's script ended with an error or was stopped at a limit; nothing was delivered.",
    next: 'Mend the script; the end of what it said stands in the message.',
    retry: 'after-fix',
  },
  'script-timeout': {
    family: 'check',
    cause: "The skill's script did not end in time; nothing was delivered.",
    next: 'Raise "command_timeout_s", or mend the script, then: orchestrator retry',
    retry: 'after-fix',
  },
  'verify-failed': {
    family: 'check',
    cause: 'A verify command that succeeded before the change fails with it; nothing was delivered.',
    next: 'Look at the change with: orchestrator diff',
    retry: 'yes',
  },
  'verify-timeout': {
    family: 'check',
    cause: 'A verify command that ended in time before the change does not with it; nothing was delivered.',
    next: 'Look at the change with: orchestrator diff; or raise "command_timeout_s".',
    retry: 'yes',
  },
  'sandbox-unavailable': {
    family: 'us',
    cause: 'This machine gives commands no sandbox that is strong enough, so none was run.',
    next: 'See what is missing with: orchestrator doctor',
    retry: 'after-fix',
  },
  'change-outdated': {
    family: 'delivery',
    cause: 'The repo has moved on: what the change touches is not what it was made from.',
    next: 'Run its task again; the new change replaces this one.',
    retry: 'yes',
  },
  'not-wanted': {
    family: 'delivery',
    cause: 'A person has said no to this delivery, by closing the pull request or working on the branch.',
    next: 'See the branch or pull request; reject the change to be asked no more.',
    retry: 'no',
  },
  'uncommitted-changes': {
    family: 'delivery',
    cause: 'The output file has changes that are not committed; they were left alone.',
    next: 'Commit or stash them, then: orchestrator retry',
    retry: 'after-fix',
  },
  'path-escapes': {
    family: 'delivery',
    cause: 'The output path leads outside the repo or to a protected place; nothing was written.',
    next: 'Correct "output" of the task or the skill.',
    retry: 'after-fix',
  },
  'path-not-a-file': {
    family: 'delivery',
    cause: 'The output path is a link, a folder, a device or another kind of special file.',
    next: 'Choose another output, or remove what is there.',
    retry: 'after-fix',
  },
  'write-denied': {
    family: 'delivery',
    cause: 'The repo cannot be written by this user.',
    next: 'Grant write access, or choose another delivery.',
    retry: 'after-fix',
  },
  'disk-full': {
    family: 'delivery',
    cause: 'The disk is full or read-only.',
    next: 'Free space, then: orchestrator retry',
    retry: 'after-fix',
  },
  'forge-unknown': {
    family: 'delivery',
    cause: 'It is not known which forge, and which repository there, the repo belongs to.',
    next: 'Give the repo a "url" in the fleet file; list a forge other than github.com and gitlab.com under "forges" there.',
    retry: 'after-fix',
  },
  'forge-no-token': {
    family: 'delivery',
    cause: 'There is no token for the forge of the repo.',
    next: 'Set the variable that the message names, then: orchestrator retry',
    retry: 'after-fix',
  },
  'forge-auth': {
    family: 'delivery',
    cause: 'The forge does not accept the token.',
    next: 'Make a new token, set it in the environment, then: orchestrator retry',
    retry: 'after-fix',
  },
  'forge-sso': {
    family: 'delivery',
    cause: 'The token is not authorised for the single sign-on of the organisation.',
    next: 'Authorise the token for the organisation on the forge, then: orchestrator retry',
    retry: 'after-fix',
  },
  'forge-forbidden': {
    family: 'delivery',
    cause: 'The token may not do this in the repository.',
    next: 'Give the token the right to push and to open pull requests there, then: orchestrator retry',
    retry: 'after-fix',
  },
  'forge-repo-missing': {
    family: 'delivery',
    cause: 'The forge has no such repository, or does not show it to this token.',
    next: 'Correct "url" in the fleet file, or give the token access to the repository.',
    retry: 'after-fix',
  },
  'repo-moved': {
    family: 'delivery',
    cause: 'The repository has another name on the forge now; tokens are not sent along a redirect.',
    next: 'Correct "url" (and "github") in the fleet file.',
    retry: 'after-fix',
  },
  'repo-archived': {
    family: 'delivery',
    cause: 'The repository is archived on the forge: nothing can be proposed there.',
    next: 'Unarchive it, or set "active": false in the fleet file.',
    retry: 'after-fix',
  },
  'repo-blocked': {
    family: 'delivery',
    cause: 'The forge has blocked the repository.',
    next: 'Look at the repository on the forge, or set "active": false in the fleet file.',
    retry: 'no',
  },
  'pull-requests-off': {
    family: 'delivery',
    cause: 'The repository takes no pull requests.',
    next: 'Switch them on in its settings on the forge, or use --deliver branch.',
    retry: 'after-fix',
  },
  'base-branch-missing': {
    family: 'delivery',
    cause: 'The branch that the pull request is to go into does not exist on the forge.',
    next: 'Correct "branch" in the fleet file, or push that branch.',
    retry: 'after-fix',
  },
  'head-branch-missing': {
    family: 'delivery',
    cause: 'The forge does not see the branch of the change.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'base-not-pushed': {
    family: 'delivery',
    cause: 'The change was made from a commit that the forge does not have on the base branch.',
    next: 'Push your commits, or set "branch" in the fleet file, then: orchestrator retry',
    retry: 'after-fix',
  },
  'no-difference': {
    family: 'delivery',
    cause: 'The forge sees no difference between the branch of the change and the base branch.',
    next: 'Look whether the change is merged already.',
    retry: 'no',
  },
  'forge-conflict': {
    family: 'delivery',
    cause: 'The forge refused because of the state that the repository or the pull request is in.',
    next: 'Look at the pull requests of the repository on the forge, then: orchestrator retry',
    retry: 'after-fix',
  },
  'forge-invalid': {
    family: 'delivery',
    cause: 'The forge finds the request invalid.',
    next: 'Read the message; labels, reviewers and rules of the repository are the usual cause.',
    retry: 'after-fix',
  },
  'forge-redirected': {
    family: 'delivery',
    cause: 'The address of the forge redirects elsewhere; tokens are not sent along.',
    next: 'Correct "api_url" of the forge.',
    retry: 'after-fix',
  },
  'forge-rate-limited': {
    family: 'delivery',
    cause: 'The forge takes no more requests with this token for now.',
    next: 'Wait until the time in the message, then: orchestrator retry',
    retry: 'yes',
  },
  'forge-secondary-limit': {
    family: 'delivery',
    cause: 'The forge kept asking to go slower.',
    next: 'Lower "pr_per_hour", wait some minutes, then: orchestrator retry',
    retry: 'yes',
  },
  'forge-error': {
    family: 'delivery',
    cause: 'The forge kept answering with a server error.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'forge-unreachable': {
    family: 'delivery',
    cause: 'No connection to the forge could be made or kept.',
    next: 'Check the network and the address of the forge, then: orchestrator retry',
    retry: 'yes',
  },
  'forge-timeout': {
    family: 'delivery',
    cause: 'The forge did not answer in time.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'forge-cut': {
    family: 'delivery',
    cause: 'The connection to the forge ended in the middle of its answer.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'forge-malformed': {
    family: 'delivery',
    cause: 'The forge answered with something that is not a valid answer.',
    next: 'Check "api_url" of the forge, then: orchestrator retry',
    retry: 'yes',
  },
  paced: {
    family: 'delivery',
    cause: 'As many pull requests were opened in the last hour as "pr_per_hour" allows.',
    next: 'orchestrator retry, later: nothing is paid again; or raise "pr_per_hour".',
    retry: 'yes',
  },
  'edited-by-person': {
    family: 'delivery',
    cause: 'A person has committed to the branch of an earlier change; it was left alone.',
    next: 'Merge or delete the branch, then: orchestrator retry',
    retry: 'after-fix',
  },
  'branch-checked-out': {
    family: 'delivery',
    cause: 'The branch is checked out in the repo or one of its worktrees; it was not moved under a person.',
    next: 'Check out another branch, then: orchestrator retry',
    retry: 'after-fix',
  },
  'branch-name-taken': {
    family: 'delivery',
    cause: 'Another branch stands where the branch of the change would be.',
    next: 'Rename that branch, then: orchestrator retry',
    retry: 'after-fix',
  },
  'branch-shared': {
    family: 'delivery',
    cause: 'Another job delivers to the same branch of the same repository, from another worktree or clone of it.',
    next: 'Keep one of the two in the task (see "exclude"), or deliver the other as files or patch.',
    retry: 'no',
  },
  'branch-unsupported': {
    family: 'delivery',
    cause: 'The repository keeps its branches in a way that cannot be written from outside.',
    next: 'Use --deliver patch, or --deliver files.',
    retry: 'no',
  },
  'branch-locked': {
    family: 'delivery',
    cause: 'Another process holds the lock of the branch, or changed it meanwhile.',
    next: 'If no git is at work there, remove the .lock file; then: orchestrator retry',
    retry: 'yes',
  },
  'remote-unknown': {
    family: 'delivery',
    cause: 'There is no address to push the branch to.',
    next: 'Give the repo a "url" in the fleet file.',
    retry: 'after-fix',
  },
  'remote-unsupported': {
    family: 'delivery',
    cause: 'The address of the remote is of a kind that is not used.',
    next: 'Use an https, ssh or file address as "url" in the fleet file.',
    retry: 'after-fix',
  },
  'remote-missing': {
    family: 'delivery',
    cause: 'The remote repository does not exist, or this account may not see it.',
    next: 'Correct "url" in the fleet file, or ask for access.',
    retry: 'after-fix',
  },
  'remote-denied': {
    family: 'delivery',
    cause: 'The remote refused the account, the key or the token.',
    next: 'Check with git ls-remote that this user can reach it without a prompt.',
    retry: 'after-fix',
  },
  'remote-unreachable': {
    family: 'delivery',
    cause: 'No connection to the remote could be made or kept.',
    next: 'Check the network, then: orchestrator retry',
    retry: 'yes',
  },
  'remote-timeout': {
    family: 'delivery',
    cause: 'The remote did not answer in time.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  'remote-error': {
    family: 'delivery',
    cause: 'git could not talk to the remote.',
    next: 'Read the message; try the same with git ls-remote.',
    retry: 'yes',
  },
  'clone-failed': {
    family: 'delivery',
    cause: 'The repository could not be fetched from its url.',
    next: 'Read the message; try the same with git clone.',
    retry: 'yes',
  },
  'push-denied': {
    family: 'delivery',
    cause: 'This account may read the remote but not push to it.',
    next: 'Grant the right to push, or use --deliver patch.',
    retry: 'after-fix',
  },
  'push-protected': {
    family: 'delivery',
    cause: 'The remote protects the branch against pushes.',
    next: 'Allow orchestrator/ branches in the rules of the remote.',
    retry: 'after-fix',
  },
  'push-declined': {
    family: 'delivery',
    cause: 'A hook or rule of the remote declined the push.',
    next: 'Read the message of the remote; use --deliver patch meanwhile.',
    retry: 'after-fix',
  },
  'push-rejected': {
    family: 'delivery',
    cause: 'The branch at the remote changed while it was being pushed.',
    next: 'orchestrator retry',
    retry: 'yes',
  },
  crashed: {
    family: 'us',
    cause: 'The orchestrator met an error of its own; the other jobs went on.',
    next: 'Please report it with the log of the job: orchestrator logs',
    retry: 'yes',
  },
} as const satisfies Record<string, ReasonInfo>;

export type FailureReason = keyof typeof failureReasons;

export interface Failure {
  readonly reason: FailureReason;
  /** What happened, where: one line, in our own words; untrusted parts are escaped where they are shown. */
  readonly message: string;
  /** Overrides the next step of the catalogue. */
  readonly next?: string;
  /** Stack of a crash, for the log only. */
  readonly stack?: string;
}

/** What to do about a failure; where something else than a job of a run failed, with the command that does that again. */
export function nextStep({reason, next}: Failure, again = retryCommand): string {
  return (next ?? failureReasons[reason].next).replaceAll(retryCommand, again);
}

const retryCommand = 'orchestrator retry';

/** Carries a failure up to `executeJob`. What can happen to a repo is data; this class is only its transport. */
export class JobFailure extends Error {
  readonly failure: Failure;

  /** A provider may have billed what was of no use. */
  readonly mayBeBilled: boolean;

  constructor(
    reason: FailureReason,
    message: string,
    options: {next?: string; cause?: unknown; mayBeBilled?: boolean} = {},
  ) {
    super(message, options.cause === undefined ? undefined : {cause: options.cause});
    this.name = 'JobFailure';
    this.mayBeBilled = options.mayBeBilled ?? false;
    this.failure = {reason, message, ...(options.next === undefined ? {} : {next: options.next})};
  }
}

/** Why a job was not started, or was stopped before it had an effect. */
export const notStartedReasons = {
  budget: 'What the next call could cost at worst does not fit the budget.',
  deadline: 'The deadline was reached.',
  stopped: 'The run was stopped.',
  auth: 'The provider refused the key, so no further call was made.',
  quota: 'The account at the provider has no credit left, so no further call was made.',
} as const;

export type NotStartedReason = keyof typeof notStartedReasons;

/** A file of a change, with counted lines. */
export interface ChangedFile {
  readonly path: string;
  readonly added: number;
  readonly removed: number;
}

/** Proof that a change left: only a delivery adapter makes one. */
export interface Delivered {
  readonly kind: DeliveryKind;
  readonly branch?: string;
  readonly commit?: string;
  readonly url?: string;
  /** Absolute path of a patch on the machine that made it. */
  readonly path?: string;
  /** What of it was not taken, such as a label. */
  readonly note?: string;
}

/** What a job used, whatever its end. */
export interface Spent {
  readonly usage: Usage;
  readonly cost: Cost;
}

/** How a job ended. Exactly one per job. */
export type Outcome =
  | ({readonly status: 'changed'; readonly files: readonly ChangedFile[]; readonly delivered: Delivered} & Spent)
  /** `note` says why, where it is not that the repo has it already. */
  | ({readonly status: 'unchanged'; readonly files: readonly ChangedFile[]; readonly note?: string} & Spent)
  | ({readonly status: 'up-to-date'; readonly since: string} & Spent)
  | ({readonly status: 'failed'; readonly failure: Failure} & Spent)
  | ({readonly status: 'not-started'; readonly reason: NotStartedReason} & Spent);

/** How a job ended, as lists and counts have it: what waits for a person is no failure of anything. */
export type EndStatus = Outcome['status'] | 'held';

export function endStatus(outcome: Outcome): EndStatus {
  return outcome.status === 'failed' && outcome.failure.reason === 'held-for-review' ? 'held' : outcome.status;
}

/** The one rule of `retry`, for whoever runs, announces or counts it: what was left undone, and what failed and may end better. */
export function isRunAgain(status: EndStatus | undefined, helps: RetryHelps | undefined): boolean {
  if (status === undefined || status === 'not-started') return true;
  return status === 'failed' && helps !== 'no';
}

/**
 * Exit code of a run whose jobs ended so: what is held is not done, and needs somebody, as what failed does. 130 and 143 are added by
 * whoever was interrupted.
 */
export function exitCodeOf(outcomes: Iterable<Pick<Outcome, 'status'>>): 0 | 1 {
  for (const {status} of outcomes) {
    switch (status) {
      case 'changed':
      case 'unchanged':
      case 'up-to-date':
        break;
      case 'failed':
      case 'not-started':
        return 1;
      default:
        return status satisfies never;
    }
  }
  return 0;
}
