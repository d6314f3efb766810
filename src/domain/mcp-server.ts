/** An MCP server of the operator's configuration. Values are as written: what a `$NAME` stands for is looked up when it is used. */
export type McpServer =
  | {
      readonly command: readonly string[];
      /** Added to the few variables that it gets. */
      readonly env?: Readonly<Record<string, string>>;
    }
  | {readonly url: string; readonly headers?: Readonly<Record<string, string>>};

/** By the name under which skills and people know it. */
export type McpServers = Readonly<Record<string, McpServer>>;
