// Names as Kubernetes and registries of images take them.

const LABEL_TEXT = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

/** A label of DNS (RFC 1123), as namespaces are named. */
export const LABEL: RegExp = new RegExp(`^${LABEL_TEXT}$`);

/** A subdomain of DNS, as claims of volumes are named; its parts may be longer than labels. */
export const SUBDOMAIN: RegExp =
  /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

const HOST_PART = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?";
const HOST = `(${HOST_PART}(\\.${HOST_PART})*|\\[[a-fA-F0-9:]+\\])(:[0-9]+)?`;
const PATH_PART = "[a-z0-9]+(([._]|__|-+)[a-z0-9]+)*";
const TAG = ":\\w[\\w.-]{0,127}";
const DIGEST = "@[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";

/** A reference to an image, by the grammar of the registries: `[HOST/]PATH[:TAG][@DIGEST]`. */
export const IMAGE: RegExp = new RegExp(
  `^(?=[^@]{1,383}(@|$))(${HOST}/)?${PATH_PART}(/${PATH_PART})*(${TAG})?(${DIGEST})?$`,
);
