/**
 * What we must know to end what we began: what was made by us, and what was there before. It is kept on the host, for
 * a stack's state can be lost. What has no record here was there before us, and stays when it is no longer declared.
 */
export const OURS = "/var/lib/phoenix-hypervisor";

/** What is said of an object that stays. */
export const STAYS = "it was on the host before it was declared, so it stays";
