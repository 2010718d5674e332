package dev.isobar.cli.image;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.isobar.cli.install.CommandLines;
import dev.isobar.cli.print.Documents;
import dev.isobar.cli.print.Json;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Makes images by a process of its own. Thread safe. */
public final class ImageMaker {
    private final CommandLines lines;
    private final PrintStream progress;

    /**
     * @param progress what the process says of itself
     */
    public ImageMaker(CommandLines lines, PrintStream progress) {
        this.lines = lines;
        this.progress = progress;
    }

    /**
     * Makes one.
     *
     * @throws IsobarException for whatever kept it from being made
     */
    public Documents.Image make(ImagePlan plan) {
        Process process;
        try {
            process = new ProcessBuilder(lines.image()).start();
        } catch (IOException e) {
            throw IsobarException.io("starting the process that makes images", e);
        }
        try {
            Thread reader = new Thread(() -> pass(process), "image-progress");
            reader.start();
            tell(process, plan);
            String answer = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int exit = process.waitFor();
            reader.join();
            return read(answer, exit);
        } catch (IOException e) {
            throw IsobarException.io("talking to the process that makes images", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw IsobarException.of(ErrorCode.CANCELLED, "Making the image was interrupted")
                    .cause(e)
                    .build();
        } finally {
            process.destroy();
        }
    }

    private static void tell(Process process, ImagePlan plan) throws IOException, InterruptedException {
        try (OutputStream in = process.getOutputStream()) {
            in.write(Json.write(plan).getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            // It ended before it read; how it ended says more than a broken pipe.
            if (process.waitFor() == 0) {
                throw e;
            }
        }
    }

    private void pass(Process process) {
        try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8)) {
            lines.lines().forEach(progress::println);
        } catch (IOException | java.io.UncheckedIOException e) {
            progress.println("The process that makes images cannot be heard any more: " + e.getMessage());
        }
    }

    private static Documents.Image read(String answer, int exit) {
        try {
            JsonNode document = Json.read(answer);
            JsonNode error = document.path("error");
            if (error.isObject()) {
                IsobarException.Builder failure = IsobarException.of(
                        ErrorCode.valueOf(error.path("code").asText()),
                        error.path("message").asText());
                if (error.hasNonNull("hint")) {
                    failure.hint(error.path("hint").asText());
                }
                if (error.hasNonNull("resource")) {
                    failure.resource(error.path("resource").asText());
                }
                throw failure.build();
            }
            if (exit == 0 && document.isObject()) {
                return Json.read(document, Documents.Image.class);
            }
        } catch (JsonProcessingException e) {
            throw died(exit, e);
        }
        throw died(exit, null);
    }

    private static IsobarException died(int exit, @Nullable Throwable cause) {
        return IsobarException.of(
                        ErrorCode.WORKLOAD_FAILED,
                        "The process that makes images ended with " + exit + " and gave no answer")
                .resource("isobar image")
                .hint("What it wrote stands above; a heap that is too small ends it with 3.")
                .cause(cause)
                .build();
    }
}
