/**
 * TLS by OpenSSL's own calls, of the very copy that Node is made of: every koffi prototype of it. It never sees a
 * socket: what was received is copied in, what is to be sent is copied out, so each byte is counted by who calls. Pointers
 * are opaque and freed once, by the object that owns them; C keeps none of our buffers, and calls nothing of ours.
 * What went wrong is told in the codes and words of `tls.TLSSocket`.
 */
import { createRequire } from "node:module";
import { TlsError, verifyCodes, versions } from "./words.ts";

type Koffi = typeof import("koffi");
/** An address; undefined once it is freed. */
type Pointer = bigint;

export interface TlsSettings {
  /** Certificates that a chain may end at, as PEM. */
  readonly ca: Buffer;
  /** As OpenSSL names them, with those of TLS 1.3 among them. */
  readonly ciphers: string;
  readonly curves: string;
  readonly minVersion: keyof typeof versions;
  readonly maxVersion: keyof typeof versions;
}

/** What a step of a session comes to, where it is no count of bytes. */
export const wantsMore = -1;
/** The server has said, in TLS, that it says no more. */
export const saidEnd = 0;

const SSL_ERROR_WANT_READ = 2;
const SSL_ERROR_ZERO_RETURN = 6;
const SSL_CTRL_MODE = 33;
const SSL_CTRL_SET_SESS_CACHE_MODE = 44;
const SSL_CTRL_SET_TLSEXT_HOSTNAME = 55;
const SSL_CTRL_SET_GROUPS_LIST = 92;
const SSL_CTRL_SET_MIN_PROTO_VERSION = 123;
const SSL_CTRL_SET_MAX_PROTO_VERSION = 124;
const SSL_MODE_AUTO_RETRY = 0x4;
const SSL_MODE_RELEASE_BUFFERS = 0x10;
const SSL_SESS_CACHE_OFF = 0;
const SSL_VERIFY_NONE = 0;

export type Openssl = ReturnType<typeof bindOpenssl>;

let bound: { readonly openssl: Openssl | undefined } | undefined;

/** undefined where this process has no OpenSSL 3 whose calls can be had. Looks once. */
export function loadOpenssl(): Openssl | undefined {
  bound ??= { openssl: bindSafely() };
  return bound.openssl;
}

function bindSafely(): Openssl | undefined {
  if (ownVersion() === null) return undefined;
  try {
    const koffi = createRequire(import.meta.url)("koffi") as Koffi;
    const openssl = bindOpenssl(koffi);
    // A copy of somebody else's would be another one, mostly. Node may put a word behind the number.
    return ownVersion()?.[0] === openssl.version() ? openssl : undefined;
  } catch {
    return undefined;
  }
}

const ownVersion = (): RegExpExecArray | null =>
  /^3\.\d+\.\d+/.exec(process.versions.openssl ?? "");

function bindOpenssl(koffi: Koffi) {
  const lib = koffi.load(null);
  const c = {
    versionNumber: lib.func("unsigned long OpenSSL_version_num()"),
    method: lib.func("void *TLS_method()"),
    newContext: lib.func("void *SSL_CTX_new(void *method)"),
    freeContext: lib.func("void SSL_CTX_free(void *context)"),
    setCiphers: lib.func("int SSL_CTX_set_cipher_list(void *context, const char *names)"),
    setSuites: lib.func("int SSL_CTX_set_ciphersuites(void *context, const char *names)"),
    controlContext: lib.func(
      "long SSL_CTX_ctrl(void *context, int command, long number, const char *text)",
    ),
    setVerify: lib.func("void SSL_CTX_set_verify(void *context, int mode, void *callback)"),
    storeOf: lib.func("void *SSL_CTX_get_cert_store(void *context)"),
    addToStore: lib.func("int X509_STORE_add_cert(void *store, void *certificate)"),
    readCertificate: lib.func(
      "void *PEM_read_bio_X509_AUX(void *bio, void *into, void *callback, const char *password)",
    ),
    freeCertificate: lib.func("void X509_free(void *certificate)"),
    memory: lib.func("void *BIO_s_mem()"),
    newBio: lib.func("void *BIO_new(void *method)"),
    freeBio: lib.func("int BIO_free(void *bio)"),
    writeBio: lib.func("int BIO_write(void *bio, const void *data, int length)"),
    readBio: lib.func("int BIO_read(void *bio, void *data, int length)"),
    newSession: lib.func("void *SSL_new(void *context)"),
    freeSession: lib.func("void SSL_free(void *session)"),
    setBio: lib.func("void SSL_set_bio(void *session, void *read, void *write)"),
    setName: lib.func("long SSL_ctrl(void *session, int command, long number, const char *text)"),
    connect: lib.func("int SSL_connect(void *session)"),
    write: lib.func("int SSL_write(void *session, const void *data, int length)"),
    read: lib.func("int SSL_read(void *session, void *data, int length)"),
    errorOf: lib.func("int SSL_get_error(void *session, int result)"),
    verified: lib.func("long SSL_get_verify_result(void *session)"),
    verifyWords: lib.func("const char *X509_verify_cert_error_string(long result)"),
    nextError: lib.func("unsigned long ERR_get_error()"),
    reason: lib.func("const char *ERR_reason_error_string(unsigned long error)"),
    clearErrors: lib.func("void ERR_clear_error()"),
  };
  /**
   * For SSL_CTX_set_verify: goes on past whatever is wrong with a chain, and the last thing that was is the result, as
   * with Node. It answers "3" whatever it is asked, and a call of C's does not mind an argument too many.
   */
  const goOn: Pointer = lib.symbol("OPENSSL_version_major");

  const made = (pointer: Pointer | null, what: string): Pointer => {
    if (!pointer) throw new TlsError("ERR_SSL_OUT_OF_MEMORY", `no ${what} to be had`);
    return pointer;
  };

  /** The first error of this thread's queue, which is empty afterwards. */
  const failure = (): TlsError => {
    const words: string | null = c.reason(c.nextError());
    c.clearErrors();
    const reason = words ?? "unknown error";
    return new TlsError(`ERR_SSL_${reason.replaceAll(" ", "_").toUpperCase()}`, reason);
  };

  /** What an authority's file holds; an entry that is no certificate ends it, as with Node. */
  const addAuthorities = (context: Pointer, ca: Buffer): void => {
    const store: Pointer = c.storeOf(context);
    const bio = made(c.newBio(c.memory()), "BIO");
    try {
      if (c.writeBio(bio, ca, ca.length) !== ca.length) throw failure();
      for (;;) {
        const certificate: Pointer | null = c.readCertificate(bio, null, null, "");
        if (!certificate) break;
        const isAdded = c.addToStore(store, certificate) === 1;
        c.freeCertificate(certificate);
        if (!isAdded) throw failure();
      }
    } finally {
      c.freeBio(bio);
      c.clearErrors();
    }
  };

  const setUp = (context: Pointer, settings: TlsSettings): void => {
    const names = settings.ciphers.split(":");
    const suites = names.filter((name) => name.startsWith("TLS_"));
    const ciphers = names.filter((name) => !name.startsWith("TLS_"));
    const control = (command: number, number: number, text: string | null): boolean =>
      c.controlContext(context, command, number, text) === 1;
    c.clearErrors();
    const isTaken =
      c.setCiphers(context, ciphers.join(":")) === 1 &&
      c.setSuites(context, suites.join(":")) === 1 &&
      control(SSL_CTRL_SET_GROUPS_LIST, 0, settings.curves) &&
      control(SSL_CTRL_SET_MIN_PROTO_VERSION, versions[settings.minVersion], null) &&
      control(SSL_CTRL_SET_MAX_PROTO_VERSION, versions[settings.maxVersion], null);
    if (!isTaken) throw failure();
    control(SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_OFF, null);
    control(SSL_CTRL_MODE, SSL_MODE_AUTO_RETRY | SSL_MODE_RELEASE_BUFFERS, null);
    c.setVerify(context, SSL_VERIFY_NONE, goOn);
    addAuthorities(context, settings.ca);
  };

  /** What sessions have in common. The caller's, to free; sessions of it may outlive it. */
  class TlsContext {
    #context: Pointer | undefined;

    /** @throws TlsError */
    constructor(settings: TlsSettings) {
      const context = made(c.newContext(c.method()), "context");
      try {
        setUp(context, settings);
      } catch (error) {
        c.freeContext(context);
        throw error;
      }
      this.#context = context;
    }

    /** A client's. @param serverName SNI; "" for none @throws TlsError */
    session(serverName: string): TlsSession {
      const session = made(c.newSession(living(this.#context)), "session");
      const [received, toSend]: (Pointer | null)[] = [c.newBio(c.memory()), c.newBio(c.memory())];
      if (!received || !toSend) {
        for (const bio of [received, toSend]) if (bio) c.freeBio(bio);
        c.freeSession(session);
        throw new TlsError("ERR_SSL_OUT_OF_MEMORY", "no BIO to be had");
      }
      c.setBio(session, received, toSend);
      if (serverName !== "") c.setName(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, 0, serverName);
      return new TlsSession(session, received, toSend);
    }

    free(): void {
      if (this.#context !== undefined) c.freeContext(this.#context);
      this.#context = undefined;
    }
  }

  class TlsSession {
    #session: Pointer | undefined;
    /** Freed with the session. */
    readonly #received: Pointer;
    readonly #toSend: Pointer;

    constructor(session: Pointer, received: Pointer, toSend: Pointer) {
      this.#session = session;
      this.#received = received;
      this.#toSend = toSend;
    }

    /** What came over the connection: the first `length` bytes. */
    receive(bytes: Buffer, length: number): void {
      living(this.#session);
      if (length > bytes.length) throw new RangeError("more bytes than there are");
      if (c.writeBio(this.#received, bytes, length) !== length) throw failure();
    }

    /** What is to go over it. @returns bytes written to `buffer`; 0 for nothing more */
    takeToSend(buffer: Buffer): number {
      living(this.#session);
      return Math.max(0, c.readBio(this.#toSend, buffer, buffer.length));
    }

    /** @returns 1 once it is done; `wantsMore`; `saidEnd` @throws TlsError */
    shakeHands(): number {
      const session = living(this.#session);
      c.clearErrors();
      return this.#outcome(c.connect(session));
    }

    /** Once hands are shaken: what is wrong with the server's chain. Its name is not looked at. */
    chainError(): TlsError | undefined {
      const result: number = c.verified(living(this.#session));
      if (result === 0) return undefined;
      return new TlsError(verifyCodes[result] ?? "UNSPECIFIED", c.verifyWords(result));
    }

    /** All of it. @throws TlsError */
    write(bytes: Buffer): void {
      const session = living(this.#session);
      c.clearErrors();
      if (this.#outcome(c.write(session, bytes, bytes.length)) !== bytes.length)
        throw new TlsError("ERR_SSL_PROTOCOL_IS_SHUTDOWN", "protocol is shutdown");
    }

    /** @returns bytes written to `buffer`; `wantsMore`; `saidEnd` @throws TlsError */
    read(buffer: Buffer): number {
      const session = living(this.#session);
      c.clearErrors();
      return this.#outcome(c.read(session, buffer, buffer.length));
    }

    free(): void {
      if (this.#session !== undefined) c.freeSession(this.#session);
      this.#session = undefined;
    }

    #outcome(result: number): number {
      if (result > 0) return result;
      const error: number = c.errorOf(living(this.#session), result);
      if (error === SSL_ERROR_WANT_READ) return wantsMore;
      if (error === SSL_ERROR_ZERO_RETURN) return saidEnd;
      throw failure();
    }
  }

  return {
    /** 3.0.19, say. @see OpenSSL_version_num(3): 0xMNN00PP0 */
    version(): string {
      const number = Number(c.versionNumber());
      return [number >>> 28, (number >>> 20) & 0xff, (number >>> 4) & 0xff].join(".");
    },
    context: (settings: TlsSettings): TlsContext => new TlsContext(settings),
  };
}

function living(pointer: Pointer | undefined): Pointer {
  if (pointer === undefined) throw new Error("it has been freed");
  return pointer;
}

export type TlsContext = ReturnType<Openssl["context"]>;
export type TlsSession = ReturnType<TlsContext["session"]>;
