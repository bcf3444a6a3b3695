/** The repository of a package, where GitHub builds it: npm compares it with the provenance. Elsewhere nothing. */
export const originIn = ({ GITHUB_SERVER_URL, GITHUB_REPOSITORY }) =>
  GITHUB_SERVER_URL && GITHUB_REPOSITORY
    ? { repository: { type: 'git', url: `git+${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}.git` } }
    : {};
