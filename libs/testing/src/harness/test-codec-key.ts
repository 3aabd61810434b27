/**
 * Codec key of tests and of the golden histories in `histories/`. It is public on purpose: it protects nothing, it only makes
 * the recorded histories readable for whoever replays them.
 */
export const TEST_CODEC_KEYS = 'golden:Z29sZGVuLWhpc3Rvcmllcy1jb2RlYy10ZXN0LWtleSE=';
