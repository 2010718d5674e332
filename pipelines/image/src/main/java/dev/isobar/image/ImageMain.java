package dev.isobar.image;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes one image. Standard input is an {@link ImagePlan} as JSON, standard output an {@link ImageResult} or <code>{"error": …}</code>, standard error
 * says what is going on. Exit code 0: it is made; 1: it is not.
 *
 * @since 0.1
 */
public final class ImageMain {
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .build();

    private ImageMain() {}

    /** Makes one image and ends the process. */
    public static void main(String[] args) {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        System.setOut(System.err);
        // Nobody waits for it any more when the command that started it is gone.
        ProcessHandle.current().parent().ifPresent(p -> p.onExit().thenRun(() -> System.exit(1)));
        System.exit(run(System.in, out, System.err, System.getenv()));
    }

    /** Makes one image in this process. */
    static int run(InputStream in, PrintStream out, PrintStream err, Map<String, String> environment) {
        boolean verbose = false;
        try {
            ImagePlan plan = JSON.readValue(in.readAllBytes(), ImagePlan.class);
            verbose = plan.verbose();
            print(out, new ImageBuild(plan, environment, err::println).make());
            return 0;
        } catch (IsobarException e) {
            return fail(e, out, err, verbose);
        } catch (IOException | RuntimeException | LinkageError e) {
            return fail(
                    IsobarException.of(ErrorCode.INTERNAL, "Isobar made a mistake: " + e)
                            .hint("Run the same command with --verbose and report what it prints.")
                            .cause(e)
                            .build(),
                    out,
                    err,
                    verbose);
        }
    }

    private static int fail(IsobarException e, PrintStream out, PrintStream err, boolean verbose) {
        Map<String, @Nullable String> error = new LinkedHashMap<>();
        error.put("code", e.code().name());
        error.put("message", e.getMessage());
        error.put("hint", e.hint());
        error.put("resource", e.resource());
        print(out, Map.of("error", error));
        if (verbose) {
            e.printStackTrace(err);
        }
        return 1;
    }

    private static void print(PrintStream out, Object document) {
        try {
            out.println(JSON.writeValueAsString(document));
            out.flush();
        } catch (IOException e) {
            throw new IllegalStateException("an answer is always writable", e);
        }
    }
}
