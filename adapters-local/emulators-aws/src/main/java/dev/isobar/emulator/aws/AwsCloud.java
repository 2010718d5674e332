package dev.isobar.emulator.aws;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.emulator.aws.athena.AthenaService;
import dev.isobar.emulator.aws.cloudwatch.CloudWatchService;
import dev.isobar.emulator.aws.foreign.DynamoDbLocal;
import dev.isobar.emulator.aws.foreign.ForeignProcess;
import dev.isobar.emulator.aws.foreign.RememberedPorts;
import dev.isobar.emulator.aws.kinesis.KinesisServer;
import dev.isobar.emulator.aws.kinesis.KinesisSettings;
import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.logs.LogsService;
import dev.isobar.emulator.aws.s3.S3Service;
import dev.isobar.emulator.aws.sagemaker.Alarms;
import dev.isobar.emulator.aws.sagemaker.SageMaker;
import dev.isobar.emulator.aws.sagemaker.SageMakerSettings;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import dev.isobar.emulator.aws.wire.SignedService;
import dev.isobar.emulator.aws.wire.WireService;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything of AWS that Isobar uses, on this machine, until it is closed: ours in this process, DynamoDB local as a process of its own. What is no process
 * outlives it in its folder.
 */
final class AwsCloud implements AutoCloseable {
    /** The one bucket, which is there from the start. */
    static final String BUCKET = "isobar";

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private final List<Service> services = new ArrayList<>();
    private final Map<String, String> settings = new TreeMap<>();

    /** One line of the report. */
    private record Service(String name, String by, String endpoint, long pid) {}

    private AwsCloud() {}

    /** Starts everything; returns when all of it answers. */
    static AwsCloud start(Path home, Path images, String region, String account) throws IOException {
        AwsCloud cloud = new AwsCloud();
        try {
            cloud.open(home, images, region, account);
            return cloud;
        } catch (IOException | RuntimeException e) {
            cloud.close();
            throw e;
        }
    }

    private void open(Path home, Path images, String region, String account) throws IOException {
        RememberedPorts ports = new RememberedPorts(home.resolve("ports"));
        KinesisServer kinesis = keep(
                KinesisServer.start(ports.of("kinesis"), KinesisSettings.of(region, account, home.resolve("kinesis"))));
        own("Kinesis Data Streams", kinesis.uri(), "kinesis");
        foreign("DynamoDB", DynamoDbLocal.start(home.resolve("dynamodb"), ports.of("dynamodb")), "dynamodb");

        S3Service objects = new S3Service(home.resolve("s3"));
        objects.makeBucket(BUCKET, region);
        EmulatorServer s3 = keep(EmulatorServer.start(ports.of("s3"), List.of(objects)));
        own("S3", s3, "s3");

        LogStore logs = keep(LogStore.open(home.resolve("logs")));
        CloudWatchService cloudWatch = CloudWatchService.in(home.resolve("cloudwatch.jsonl"), Clock.systemUTC());
        SageMaker sageMaker = keep(SageMaker.open(
                SageMakerSettings.of(region, account, home.resolve("sagemaker"), s3.uri(), images),
                logs,
                alarms(cloudWatch)));
        List<WireService> ours = new ArrayList<>(sageMaker.services());
        ours.add(cloudWatch);
        ours.add(keep(new AthenaService(home.resolve("athena"), s3.uri(), region)));
        ours.add(new LogsService(region, account, logs));
        ours.add(keep(ScaledEndpoints.open(region, account, home.resolve("scaling"), sageMaker, cloudWatch)));
        EmulatorServer server = keep(EmulatorServer.start(
                ports.of("aws"),
                ours.stream()
                        .map(service -> (WireService) new SignedService(region, service))
                        .toList()));
        own("SageMaker", server, "sagemaker");
        own("SageMaker Runtime", server, "sagemaker-runtime");
        own("Application Auto Scaling", server, "autoscaling");
        own("CloudWatch", server, "cloudwatch");
        own("CloudWatch Logs", server, "logs");
        own("Athena", server, "athena");

        settings.put("region", region);
        settings.put("bucket", BUCKET);
        settings.put("credentials.access-key-id", "emulated");
        settings.put("credentials.secret-access-key", "emulated");
        settings.put("sagemaker.poll-interval", "50ms");
        settings.put("sagemaker.role-arn", "arn:aws:iam::" + account + ":role/isobar-emulated");
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

    /** Says in a file that everything answers, and where; whole or not at all. */
    void report(Path file) throws IOException {
        ProcessHandle self = ProcessHandle.current();
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("pid", self.pid());
        report.put("started", self.info().startInstant().map(Object::toString).orElse(""));
        report.put("services", services);
        report.put("settings", settings);
        Path partial = file.resolveSibling(file.getFileName() + ".new");
        Files.write(partial, JSON.writeValueAsBytes(report));
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Ends everything, last started first. */
    @Override
    public void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException("an emulator did not end", e);
            }
        }
    }

    private void foreign(String name, ForeignProcess process, String key) {
        keep(process);
        services.add(new Service(name, process.name(), process.endpoint().toString(), process.pid()));
        settings.put("endpoint." + key, process.endpoint().toString());
    }

    private void own(String name, EmulatorServer server, String key) {
        own(name, server.uri(), key);
    }

    private void own(String name, URI endpoint, String key) {
        services.add(new Service(
                name, "Isobar", endpoint.toString(), ProcessHandle.current().pid()));
        settings.put("endpoint." + key, endpoint.toString());
    }

    private <T extends AutoCloseable> T keep(T resource) {
        opened.push(resource);
        return resource;
    }
}
