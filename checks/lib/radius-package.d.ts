/** What we use of the package `radius`, which comes without types. */
declare module "radius" {
  export interface EncodeArguments {
    readonly code: "Access-Request";
    readonly identifier: number;
    readonly authenticator: Buffer;
    readonly secret: string | Buffer;
    /** By name, or by number where the value is a Buffer. */
    readonly attributes: (readonly [string | number, string | Buffer])[];
    /** HMAC-MD5 over the packet. RFC 2869 §5.14. */
    readonly add_message_authenticator: boolean;
  }
  const radius: { encode(args: EncodeArguments): Buffer };
  export default radius;
}
