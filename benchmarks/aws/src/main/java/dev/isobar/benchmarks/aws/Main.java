package dev.isobar.benchmarks.aws;

import dev.isobar.benchmarks.layer.Comparison;
import dev.isobar.benchmarks.layer.Form;
import dev.isobar.emulator.aws.kinesis.KinesisServer;
import dev.isobar.emulator.aws.kinesis.KinesisSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Map;

/** What the neutral layer costs on AWS. */
public final class Main {
    private static final String EMULATE = "emulate";

    private Main() {}

    /** Entry point. */
    public static void main(String[] args) throws Exception {
        Comparison.main(
                Main.class,
                args,
                Map.of(Comparison.RESPOND, () -> Responder.start(Form::sealed), EMULATE, Main::emulate),
                Map.of(
                        "aws_append", Comparison.canned(Kinesis::append),
                        "aws_read", Comparison.canned(Kinesis::read),
                        "aws_files", Comparison.canned(Lake::files),
                        "aws_objects", Comparison.canned(Lake::objects),
                        "aws_emulator", Comparison.on(EMULATE, Kinesis::emulator)));
    }

    private static int emulate() throws IOException {
        return KinesisServer.start(
                        0, KinesisSettings.of(Clients.REGION, "000000000000", Files.createTempDirectory("kinesis")))
                .uri()
                .getPort();
    }
}
