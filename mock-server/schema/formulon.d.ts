/** The part of formulon that is used: its parser. The package ships no types. */
declare module "formulon" {
  /** A node of the syntax tree; operators are call expressions too (`add`, `equal`, `and`, …), ids in lower camel case. */
  export type FormulaNode =
    | { readonly type: "literal"; readonly dataType: "text"; readonly value: string }
    | { readonly type: "literal"; readonly dataType: "number"; readonly value: number }
    | { readonly type: "literal"; readonly dataType: "checkbox"; readonly value: boolean }
    | { readonly type: "literal"; readonly dataType: "null"; readonly value: null }
    | { readonly type: "identifier"; readonly name: string }
    | { readonly type: "callExpression"; readonly id: string; readonly arguments: readonly FormulaNode[] };

  export function ast(
    formula: string,
  ): FormulaNode | { readonly type: "error"; readonly errorType: string; readonly message: string };
}
