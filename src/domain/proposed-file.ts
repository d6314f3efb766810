/** A file that a job wants to exist with this content. */
export interface ProposedFile {
  /** Relative to the repo root, `/` separated. Untrusted: it may come from a skill, a template or a reply. */
  readonly path: string;
  readonly text: string;
}
