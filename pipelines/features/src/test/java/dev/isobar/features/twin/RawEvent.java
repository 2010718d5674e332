package dev.isobar.features.twin;

import java.util.Map;

/**
 * One copy of an event as it was recorded.
 *
 * @param values column → Long, Double, Boolean, String; a null is absent
 * @param payload the canonical bytes of the row; only the kernel reads them
 * @param content the hash by which copies are told apart, {@link NaiveTwin#content}
 */
record RawEvent(
        String stream,
        String id,
        String key,
        long eventTime,
        long availableTime,
        Map<String, Object> values,
        byte[] payload,
        long content) {
    @Override
    public String toString() {
        return stream + "/" + shown(id) + " key=" + shown(key) + " at=" + eventTime + " known=" + availableTime + " "
                + new java.util.TreeMap<>(values);
    }

    private static String shown(String text) {
        StringBuilder b = new StringBuilder("\"");
        text.chars().forEach(c -> {
            if (c >= ' ' && c < 127) {
                b.append((char) c);
            } else {
                b.append(String.format("\\u%04x", c));
            }
        });
        return b.append('"').toString();
    }
}
