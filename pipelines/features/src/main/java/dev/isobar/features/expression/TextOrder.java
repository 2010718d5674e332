package dev.isobar.features.expression;

/** The order of texts by their UTF-8 bytes, unsigned, without encoding them: code points sort as their UTF-8 does. */
final class TextOrder {
    private TextOrder() {}

    static int compare(String a, String b) {
        int n = Math.min(a.length(), b.length());
        for (int i = 0; i < n; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean surrogateX = Character.isSurrogate(x);
                boolean surrogateY = Character.isSurrogate(y);
                // Surrogates stand for code points above U+FFFF, though as chars they are below U+E000.
                return surrogateX == surrogateY ? Character.compare(x, y) : surrogateX ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }
}
