/** A sentence about an error of the network, and what to look at. */
export interface NetworkExplanation {
  readonly sentence: string;
  readonly todo?: string;
}

const certificateCodes: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by itself",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is signed by an authority that is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "its certificate cannot be verified: an intermediate one is missing",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "its certificate is signed by an authority that is not known here",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

const certificateTodo =
  "After a change of DNS the certificate of the new name may need some minutes; look at it in a browser.";

function explainCode(code: string, { hostname, host }: URL): NetworkExplanation | undefined {
  const certificate = certificateCodes[code];
  if (certificate !== undefined) return { sentence: certificate, todo: certificateTodo };
  switch (code) {
    case "ENOTFOUND":
      return {
        sentence: `DNS knows no ${hostname}`,
        todo: "Look at the DNS record, and at the name.",
      };
    case "EAI_AGAIN":
      return {
        sentence: `DNS did not answer for ${hostname}`,
        todo: "Look at this machine's network.",
      };
    case "ECONNREFUSED":
      return { sentence: `nothing listens at ${host}: the connection was refused` };
    case "ECONNRESET":
    case "UND_ERR_SOCKET":
      return { sentence: "it ended the connection without an answer" };
    case "ETIMEDOUT":
    case "UND_ERR_CONNECT_TIMEOUT":
      return { sentence: `no connection to ${host}: it does not answer` };
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return { sentence: `there is no way to ${host} from this machine` };
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
      return { sentence: "it does not speak TLS at this port" };
    default:
      return code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS")
        ? { sentence: `TLS failed (${code})` }
        : undefined;
  }
}

/** The error and what caused it, outermost first; of several attempts the first one's. */
function listCauses(error: unknown): Error[] {
  if (!(error instanceof Error)) return [];
  const inner = error instanceof AggregateError ? (error.errors as unknown[])[0] : error.cause;
  return [error, ...listCauses(inner)];
}

/**
 * What fetch threw, as a sentence. Its own message says only "fetch failed".
 * @param url the address that was asked; only its host is repeated
 */
export function explainNetworkError(error: unknown, url: URL): NetworkExplanation {
  const causes = listCauses(error);
  const codes = causes.flatMap((one) => ("code" in one ? [String(one.code)] : []));
  for (const code of codes.toReversed()) {
    const explained = explainCode(code, url);
    if (explained !== undefined) return explained;
  }
  const last = causes.at(-1)?.message ?? String(error);
  return { sentence: `it could not be asked: ${codes.at(-1) ?? last}` };
}
