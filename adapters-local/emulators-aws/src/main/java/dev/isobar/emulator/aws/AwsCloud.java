package dev.isobar.emulator.aws;

import dev.isobar.emulation.process.AccountTable;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulation.program.Emulation;
import dev.isobar.emulation.program.RememberedPorts;
import dev.isobar.emulator.aws.athena.AthenaService;
import dev.isobar.emulator.aws.cloudwatch.CloudWatchService;
import dev.isobar.emulator.aws.foreign.DynamoDbLocal;
import dev.isobar.emulator.aws.kinesis.KinesisServer;
import dev.isobar.emulator.aws.kinesis.KinesisSettings;
import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.logs.LogsService;
import dev.isobar.emulator.aws.s3.S3Service;
import dev.isobar.emulator.aws.sagemaker.Alarms;
import dev.isobar.emulator.aws.sagemaker.SageMaker;
import dev.isobar.emulator.aws.sagemaker.SageMakerSettings;
import dev.isobar.emulator.aws.sts.StsService;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import dev.isobar.emulator.aws.wire.SignedService;
import dev.isobar.emulator.aws.wire.WireService;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/**
 * Everything of AWS that Isobar uses, on this machine, until it is closed: ours in this process, DynamoDB local as a process of its own. What is no process
 * outlives it in its folder.
 */
final class AwsCloud {
    /** The one bucket, which is there from the start. */
    static final String BUCKET = "isobar";

    private AwsCloud() {}

    /** Starts everything; returns when all of it answers. */
    static Emulation start(Path home, Path images, String region, String account) throws IOException {
        return Emulation.start(emulation -> open(emulation, home, images, region, account));
    }

    private static void open(Emulation emulation, Path home, Path images, String region, String account)
            throws IOException {
        RememberedPorts ports = new RememberedPorts(home.resolve("ports"));
        AccountTable allowed = new AccountTable(new ImageTable(images));
        KinesisServer kinesis = emulation.keep(KinesisServer.start(
                ports.of("kinesis"), KinesisSettings.of(region, account, home.resolve("kinesis")), allowed::denies));
        emulation.own("Kinesis Data Streams", kinesis.uri(), "kinesis");
        emulation.foreign("DynamoDB", DynamoDbLocal.start(home.resolve("dynamodb"), ports.of("dynamodb")), "dynamodb");

        S3Service objects = new S3Service(home.resolve("s3"), allowed::denies);
        objects.makeBucket(BUCKET, region);
        EmulatorServer s3 = emulation.keep(EmulatorServer.start(ports.of("s3"), List.of(objects)));
        emulation.own("S3", s3.uri(), "s3");

        LogStore logs = emulation.keep(LogStore.open(home.resolve("logs")));
        CloudWatchService cloudWatch = CloudWatchService.in(home.resolve("cloudwatch.jsonl"), Clock.systemUTC());
        SageMaker sageMaker = emulation.keep(SageMaker.open(
                SageMakerSettings.of(region, account, home.resolve("sagemaker"), s3.uri(), images),
                logs,
                alarms(cloudWatch)));
        List<WireService> ours = new ArrayList<>(sageMaker.services());
        ours.add(cloudWatch);
        ours.add(emulation.keep(new AthenaService(home.resolve("athena"), s3.uri(), region)));
        ours.add(new LogsService(region, account, logs));
        ours.add(emulation.keep(ScaledEndpoints.open(region, account, home.resolve("scaling"), sageMaker, cloudWatch)));
        List<WireService> signed = new ArrayList<>();
        // Before the others: its requests name no target, as those of CloudWatch may not.
        signed.add(new StsService(
                region,
                role -> allowed.section("roles").isMissingNode() || allowed.lists("roles", role),
                allowed::denies,
                Clock.systemUTC()));
        ours.forEach(service -> signed.add(new SignedService(region, service, allowed::denies)));
        EmulatorServer server = emulation.keep(EmulatorServer.start(ports.of("aws"), signed));
        emulation.own("SageMaker", server.uri(), "sagemaker");
        emulation.own("SageMaker Runtime", server.uri(), "sagemaker-runtime");
        emulation.own("Application Auto Scaling", server.uri(), "autoscaling");
        emulation.own("CloudWatch", server.uri(), "cloudwatch");
        emulation.own("CloudWatch Logs", server.uri(), "logs");
        emulation.own("Athena", server.uri(), "athena");
        emulation.own("Security Token Service", server.uri(), "sts");

        emulation.setting("region", region);
        emulation.setting("bucket", BUCKET);
        emulation.setting("credentials.access-key-id", "emulated");
        emulation.setting("credentials.secret-access-key", "emulated");
        emulation.setting("sagemaker.poll-interval", "50ms");
        emulation.setting("sagemaker.role-arn", "arn:aws:iam::" + account + ":role/isobar-emulated");
    }

    private static Alarms alarms(CloudWatchService cloudWatch) {
        return new Alarms() {
            @Override
            public boolean exists(String name) {
                return cloudWatch.hasAlarm(name);
            }

            @Override
            public boolean inAlarm(String name) {
                return cloudWatch.inAlarm(name);
            }
        };
    }
}
