package dev.isobar.platform.managed;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * How what a port calls something becomes a name of a managed service, and back: a letter and up to 62 of {@code [a-z0-9-]} that do not end in a hyphen, which SageMaker and
 * Vertex AI both take. A name that fits is kept behind the prefix; any other is made to fit and ends in {@code -x} and ten digits of its digest, and only a tag or label
 * still knows it. Names with capital letters are among those: SageMaker does not tell {@code A} from {@code a}.
 *
 * @param prefix of all names, without the hyphen that follows it; begins with a letter
 */
public record ResourceNames(String prefix) {
    private static final int LONGEST = 63;
    private static final int DIGEST = 10;
    private static final Pattern FITS = Pattern.compile("[a-z0-9](-*[a-z0-9])*");
    private static final Pattern DIGESTED = Pattern.compile(".*-x[0-9a-f]{" + DIGEST + "}");

    /** The service's name. */
    public String of(String name) {
        return of(name, LONGEST);
    }

    /** The service's name with room for {@code -} and ten digits more. */
    public String base(String name) {
        return of(name, LONGEST - 1 - DIGEST);
    }

    /** The name of one of several things that belong to the thing of that name: told apart by content. */
    public String part(String name, String content) {
        return base(name) + "-" + digest(content);
    }

    /** Matches all that {@link #part} gives for that name, and nothing else. */
    public Pattern parts(String name) {
        return Pattern.compile(Pattern.quote(base(name)) + "-[0-9a-f]{" + DIGEST + "}");
    }

    /** Whether a name can be one of ours. */
    public boolean ours(String serviceName) {
        return serviceName.startsWith(prefix + "-");
    }

    /** What the port calls it, if the name alone says so; else its tag does. */
    public Optional<String> original(String serviceName) {
        return ours(serviceName) && !DIGESTED.matcher(serviceName).matches()
                ? Optional.of(serviceName.substring(prefix.length() + 1))
                : Optional.empty();
    }

    private String of(String name, int longest) {
        String whole = prefix + "-" + name;
        if (whole.length() <= longest
                && FITS.matcher(name).matches()
                && !DIGESTED.matcher(whole).matches()) {
            return whole;
        }
        String readable =
                whole.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9-]", "-").replaceAll("-+", "-");
        int room = longest - 2 - DIGEST;
        String cut = readable.length() <= room ? readable : readable.substring(0, room);
        return cut.replaceAll("-+$", "") + "-x" + digest(name);
    }

    private static String digest(String text) {
        return sha256(text).substring(0, DIGEST);
    }

    /** SHA-256 of a text in hexadecimal digits. */
    public static String sha256(String text) {
        return sha256(text.getBytes(StandardCharsets.UTF_8));
    }

    /** SHA-256 of bytes in hexadecimal digits. */
    public static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
