/** `order-sync completion`: a script for the shell, made from the commands themselves. */
import type { Command } from "commander";
import { SyncError } from "../../errors.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";

interface Words {
  /** Commands before the word, joined by blanks; empty for the first word. */
  readonly after: string;
  readonly words: readonly string[];
}

/** Prints the completion script for bash, zsh or fish. */
export function completionCommand(shell: string, program: Command, { stdout }: Surroundings): ExitCode {
  const words = wordsOf(program, "");
  switch (shell) {
    case "bash":
      stdout.write(bash(words));
      break;
    case "zsh":
      stdout.write(`autoload -U +X bashcompinit && bashcompinit\n${bash(words)}`);
      break;
    case "fish":
      stdout.write(fish(words));
      break;
    default:
      throw new SyncError("USAGE", `completion ${shell}: say bash, zsh or fish`);
  }
  return EXIT.done;
}

function wordsOf(command: Command, after: string): readonly Words[] {
  const names = command.commands.map((child) => child.name());
  const options = command.options.flatMap((option) => (option.long == null ? [] : [option.long]));
  return [
    { after, words: [...names, ...options] },
    ...command.commands.flatMap((child) => wordsOf(child, `${after} ${child.name()}`.trim())),
  ];
}

function bash(lists: readonly Words[]): string {
  const cases = lists.map(({ after, words }) => `    "${after}") words="${words.join(" ")}" ;;`);
  return `# order-sync completion; load it with: source <(order-sync completion bash)
_order_sync() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) before="\${before:+$before }$word" ;; esac
  done
  case "$before" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  [ \${#COMPREPLY[@]} -eq 0 ] && COMPREPLY=($(compgen -f -- "$current"))
}
complete -F _order_sync order-sync
`;
}

function fish(lists: readonly Words[]): string {
  return lists
    .flatMap(({ after, words }) => {
      const [first, second] = after.split(" ");
      const condition =
        after === ""
          ? "__fish_use_subcommand"
          : [first, second]
              .filter((word) => word !== undefined)
              .map((word) => `__fish_seen_subcommand_from ${word}`)
              .join("; and ");
      return words.map((word) =>
        word.startsWith("--")
          ? `complete -c order-sync -n '${condition}' -l ${word.slice(2)}`
          : `complete -c order-sync -f -n '${condition}' -a ${word}`,
      );
    })
    .join("\n")
    .concat("\n");
}
