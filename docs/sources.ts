/** What the sources say about themselves, as the TypeScript compiler reads them. */
import { join } from "node:path";
import ts from "typescript";

/** Doc comments by path in a specification, such as `vdevs.type`; lists and records add nothing to the path. */
export type Docs = ReadonlyMap<string, string>;

/** What the class of a kind says. */
export interface About {
  readonly name: string;
  readonly summary: string;
  /** The text after `@refused`, `@consent`, `@runs`, `@example`. */
  tag(name: string): string | undefined;
  readonly inputs: Docs;
  readonly outputs: Docs;
}

export function readSources(root: string) {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile.bind(ts.sys)) as {
    config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = ["stacks/config.ts", "providers/index.ts"].map((file) => join(root, file));
  const program = ts.createProgram(files, options);
  const checker = program.getTypeChecker();

  const exported = (file: string) => {
    const source = program.getSourceFile(join(root, file));
    const module = source && checker.getSymbolAtLocation(source);
    return (module ? checker.getExportsOfModule(module) : []).map((symbol) =>
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    );
  };
  const docOf = (symbol: ts.Symbol) =>
    ts
      .displayPartsToString(symbol.getDocumentationComment(checker))
      .replaceAll(/(?<!\n)\n(?!\n)/g, " ")
      .replaceAll(/\{@link (\S+)\}/g, "`$1`");
  const member = (type: ts.Type, name: string) => {
    const symbol = type.getProperty(name);
    if (symbol === undefined) throw new Error(`${checker.typeToString(type)} has no ${name}`);
    return checker.getTypeOfSymbol(symbol);
  };
  /** Of what a zod schema takes. */
  const inputDocs = (schema: ts.Type) => new Map(walk(member(member(schema, "_zod"), "input"), ""));

  function* walk(type: ts.Type, path: string): Generator<[string, string]> {
    for (const one of type.isUnion() ? type.types : [type]) {
      if (!(one.flags & ts.TypeFlags.Object)) continue;
      const inner = [ts.IndexKind.Number, ts.IndexKind.String].map((kind) => checker.getIndexTypeOfType(one, kind));
      for (const element of inner) if (element !== undefined) yield* walk(element, path);
      if (checker.isArrayType(one)) continue;
      for (const symbol of checker.getPropertiesOfType(one)) {
        const at = path === "" ? symbol.name : `${path}.${symbol.name}`;
        yield [at, docOf(symbol)];
        yield* walk(checker.getTypeOfSymbol(symbol), at);
      }
    }
  }

  return {
    /** Of what an exported zod schema takes. */
    inputs(file: string, name: string): Docs {
      const symbol = exported(file).find((one) => one.name === name);
      if (symbol === undefined) throw new Error(`${file} exports no ${name}`);
      return inputDocs(checker.getTypeOfSymbol(symbol));
    },
    kind(type: string): About {
      const isOfKind = (node: ts.Declaration) =>
        ts.isClassDeclaration(node) && node.getText().includes(`super("${type}"`);
      const symbol = exported("providers/index.ts").find((one) => one.declarations?.some(isOfKind));
      const node = symbol?.declarations?.find(ts.isClassDeclaration);
      if (symbol === undefined || node === undefined) throw new Error(`providers/index.ts exports no class of ${type}`);
      const tags = symbol.getJsDocTags(checker);
      return {
        name: symbol.name,
        summary: docOf(symbol),
        tag: (name) => {
          const found = tags.find((one) => one.name === name);
          return found === undefined ? undefined : ts.displayPartsToString(found.text);
        },
        inputs: inputDocs(checker.getTypeAtLocation(specOf(node))),
        outputs: new Map(
          node.members.filter(ts.isPropertyDeclaration).flatMap(({ name }) => {
            const output = checker.getSymbolAtLocation(name);
            return output === undefined ? [] : [[output.name, docOf(output)]];
          }),
        ),
      };
    },
  };

  /** The schema that the arguments of a class are made of: `typeof DatasetSpec` in `DatasetArgs`. */
  function specOf(node: ts.ClassDeclaration): ts.Node {
    const args = node.members.find(ts.isConstructorDeclaration)?.parameters[1]?.type;
    const alias = args && ts.isTypeReferenceNode(args) ? checker.getSymbolAtLocation(args.typeName) : undefined;
    const spec = alias?.declarations?.flatMap(typeQueries)[0];
    if (spec === undefined) throw new Error(`${node.name?.text ?? ""}: its args name no spec`);
    return spec.exprName;
  }
}

function typeQueries(node: ts.Node): ts.TypeQueryNode[] {
  if (ts.isTypeQueryNode(node)) return [node];
  const found: ts.TypeQueryNode[] = [];
  ts.forEachChild(node, (child) => {
    found.push(...typeQueries(child));
  });
  return found;
}
