package dev.isobar.server.http;

import java.nio.charset.StandardCharsets;

/**
 * The head of the usual request, read in one pass over its bytes: a {@code POST} by HTTP/1.1 to a route that scores, of plain JSON, with its length, on a connection that is
 * kept. It never judges: whatever it does not know for certain (a fold, a character that is not ASCII, any header that changes how the rest is to be read) it leaves
 * to Netty's decoder. Other headers mean nothing to this server and are passed over. Reusable, not thread safe.
 */
final class PlainHead {
    private static final byte[] POST = ascii("POST ");
    private static final byte[] VERSION = ascii(" HTTP/1.1\r\n");
    private static final byte[] CONTENT_LENGTH = ascii("content-length");
    private static final byte[] CONTENT_TYPE = ascii("content-type");
    private static final byte[] CONTENT_ENCODING = ascii("content-encoding");
    private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding");
    private static final byte[] CONNECTION = ascii("connection");
    private static final byte[] EXPECT = ascii("expect");
    private static final byte[] UPGRADE = ascii("upgrade");
    private static final byte[] JSON = ascii("application/json");
    private static final byte[] KEEP_ALIVE = ascii("keep-alive");
    /** Netty's own limits are above; they say so in better words. */
    private static final int LONGEST = 4_000;

    private static final int MOST_DIGITS = 8;
    /** Characters of a header's name that nobody disputes. */
    private static final boolean[] NAME = new boolean[128];

    static {
        for (char c = '0'; c <= 'z'; c++) {
            NAME[c] = c <= '9' || (c >= 'A' && c <= 'Z') || c >= 'a';
        }
        NAME['-'] = true;
        NAME['_'] = true;
    }

    private Route route = Route.NONE;
    private int body;
    private int length;

    /** Where it is sent. */
    Route route() {
        return route;
    }

    /** Where the body begins. */
    int body() {
        return body;
    }

    /** How many bytes the body has; not all of them need have arrived. */
    int length() {
        return length;
    }

    /** Whether the bytes begin with the head of a plain request; then it is remembered here. */
    boolean read(byte[] b, int from, int end, Routes routes) {
        int to = Math.min(end, from + LONGEST);
        if (!begins(b, from, to, POST)) {
            return false;
        }
        int path = from + POST.length;
        int at = path;
        while (at < to && b[at] > ' ') {
            at++;
        }
        Route found = routes.plain(b, path, at);
        if (found == null || !begins(b, at, to, VERSION)) {
            return false;
        }
        route = found;
        length = -1;
        at += VERSION.length;
        while (at + 1 < to && b[at] != '\r') {
            at = header(b, at, to);
            if (at < 0) {
                return false;
            }
        }
        if (at + 1 >= to || b[at + 1] != '\n') {
            return false;
        }
        body = at + 2;
        return length >= 0;
    }

    /** Where the next line begins, or -1. */
    private int header(byte[] b, int from, int to) {
        int at = from;
        while (at < to && b[at] >= 0 && NAME[b[at]]) {
            at++;
        }
        if (at == from || at >= to || b[at] != ':') {
            return -1;
        }
        int colon = at++;
        while (at < to && b[at] == ' ') {
            at++;
        }
        int value = at;
        while (at < to && b[at] >= ' ' && b[at] <= '~') {
            at++;
        }
        if (at + 1 >= to || b[at] != '\r' || b[at + 1] != '\n') {
            return -1;
        }
        return known(b, from, colon, value, at) ? at + 2 : -1;
    }

    /** Whether the header leaves the request plain. */
    private boolean known(byte[] b, int name, int colon, int value, int end) {
        switch (colon - name) {
            case 6:
                return !same(b, name, EXPECT);
            case 7:
                return !same(b, name, UPGRADE);
            case 10:
                return !same(b, name, CONNECTION) || is(b, value, end, KEEP_ALIVE);
            case 12:
                return !same(b, name, CONTENT_TYPE) || is(b, value, end, JSON);
            case 14:
                return !same(b, name, CONTENT_LENGTH) || digits(b, value, end);
            case 16:
                return !same(b, name, CONTENT_ENCODING);
            case 17:
                return !same(b, name, TRANSFER_ENCODING);
            default:
                return true;
        }
    }

    private boolean digits(byte[] b, int from, int end) {
        if (length >= 0 || from == end || end - from > MOST_DIGITS) {
            return false;
        }
        int n = 0;
        for (int i = from; i < end; i++) {
            int digit = b[i] - '0';
            if (digit < 0 || digit > 9) {
                return false;
            }
            n = 10 * n + digit;
        }
        length = n;
        return true;
    }

    private static boolean begins(byte[] b, int from, int end, byte[] with) {
        if (end - from < with.length) {
            return false;
        }
        for (int i = 0; i < with.length; i++) {
            if (b[from + i] != with[i]) {
                return false;
            }
        }
        return true;
    }

    /** A name of the same length, in any case. */
    private static boolean same(byte[] b, int from, byte[] name) {
        for (int i = 0; i < name.length; i++) {
            // Only letters and the hyphen are in these names, and the hyphen has this bit.
            if ((b[from + i] | 0x20) != name[i]) {
                return false;
            }
        }
        return true;
    }

    private static boolean is(byte[] b, int from, int end, byte[] value) {
        return end - from == value.length && same(b, from, value);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
