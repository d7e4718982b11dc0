// What an error says on the page, which has no command line: the asides that name its options are left out.

/** Like `(--shape on the command line)`, and like `, or --from w on the command line`. */
const ASIDE = / \([^()]*--[a-z][^()]*\)|,? or --[a-z][^,.;()]* on the command line/g;

export function errorText(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(ASIDE, "");
}
