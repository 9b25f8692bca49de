/** What we use of the package, which has no types of its own. */
declare module "oracledb" {
  export interface Connection {
    execute(
      sql: string,
      binds: readonly never[],
      options: { readonly maxRows: number; readonly autoCommit: boolean },
    ): Promise<{ readonly rows?: readonly unknown[]; readonly rowsAffected?: number }>;
    close(): Promise<void>;
  }
  export interface Driver {
    getConnection(options: {
      readonly user: string;
      readonly password: string;
      readonly connectString: string;
    }): Promise<Connection>;
  }
  const driver: Driver;
  export default driver;
}
