// Where the site stands on its server: `/`, or what `VIELBEIN_SITE_BASE` says, such as `/vielbein/`.

const given = process.env.VIELBEIN_SITE_BASE || "/";

/** Begins and ends with a slash. */
export const BASE = `/${given.split("/").filter(Boolean).join("/")}/`.replace("//", "/");
