/** The part of the npm package `ping` that we use; it brings no types. */
declare module "ping/lib/builder/factory.js" {
  interface ArgumentBuilder {
    getCommandArguments(
      target: string,
      config: { numeric: boolean; timeout: number; min_reply: number; extra: string[] },
    ): string[];
  }
  const factory: { createBuilder(platform: string): ArgumentBuilder };
  export default factory;
}
