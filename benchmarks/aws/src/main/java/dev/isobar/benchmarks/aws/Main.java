package dev.isobar.benchmarks.aws;

import dev.isobar.benchmarks.workload.Contest;
import dev.isobar.benchmarks.workload.JsonLine;
import dev.isobar.emulator.aws.kinesis.KinesisServer;
import dev.isobar.emulator.aws.kinesis.KinesisSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.Map;

/** Runs one comparison ({@code aws_append}, {@code aws_read}, {@code aws_files}, {@code aws_objects}, {@code aws_emulator}), or is its other process. */
public final class Main {
    private static final int PASSES = 7;

    private Main() {}

    /** Entry point. */
    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "respond" -> serve(Responder.start(Form::sealed));
            case "emulate" ->
                serve(KinesisServer.start(
                                0,
                                KinesisSettings.of(
                                        Clients.REGION, "000000000000", Files.createTempDirectory("kinesis")))
                        .uri()
                        .getPort());
            default -> compare(args);
        }
    }

    /** Until the process that started this one ends, however it ends. */
    private static void serve(int port) throws IOException {
        System.out.println(port);
        while (System.in.read() >= 0) {
            // nobody says anything
        }
        Runtime.getRuntime().halt(0);
    }

    private static void compare(String[] args) {
        PrintStream result = System.out;
        System.setOut(System.err);
        JsonLine line = new JsonLine().put("competitor", args[0]);
        int status = 0;
        try (Other other = Other.start(args[0].equals("aws_emulator") ? "emulate" : "respond")) {
            line.put("apart", Other.stayApart() ? "true" : "false");
            Map<String, String> options = Contest.options(Arrays.copyOfRange(args, 1, args.length));
            double seconds = Double.parseDouble(options.getOrDefault("--measure", "10"));
            switch (args[0]) {
                case "aws_append" -> Kinesis.append(other, line, PASSES, seconds);
                case "aws_read" -> Kinesis.read(other, line, PASSES, seconds);
                case "aws_files" -> Lake.files(other, line, PASSES, seconds);
                case "aws_objects" -> Lake.objects(other, line, PASSES, seconds);
                case "aws_emulator" -> Kinesis.emulator(other, line);
                default -> throw new IllegalArgumentException("no such comparison: " + args[0]);
            }
            result.println(line);
        } catch (Exception | LinkageError e) {
            e.printStackTrace();
            result.println(new JsonLine().put("competitor", args[0]).put("failed", String.valueOf(e)));
            status = 1;
        }
        result.flush();
        Runtime.getRuntime().halt(status);
    }
}
