package dev.isobar.aws;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.isobar.aws.emulator.PlainClients;
import dev.isobar.aws.sagemaker.SageMakerEndpoints;
import dev.isobar.aws.sagemaker.SageMakerTrainingJobs;
import dev.isobar.conformance.Workloads;
import dev.isobar.emulation.state.Folders;
import dev.isobar.emulator.aws.ScaledEndpoints;
import dev.isobar.emulator.aws.cloudwatch.CloudWatchService;
import dev.isobar.emulator.aws.logs.LogStore;
import dev.isobar.emulator.aws.logs.LogsService;
import dev.isobar.emulator.aws.s3.S3Service;
import dev.isobar.emulator.aws.sagemaker.Alarms;
import dev.isobar.emulator.aws.sagemaker.SageMaker;
import dev.isobar.emulator.aws.sagemaker.SageMakerSettings;
import dev.isobar.emulator.aws.wire.EmulatorServer;
import dev.isobar.emulator.aws.wire.WireRequest;
import dev.isobar.emulator.aws.wire.WireResponse;
import dev.isobar.emulator.aws.wire.WireService;
import dev.isobar.platform.registry.RecordedRegistry;
import dev.isobar.port.Resource;
import dev.isobar.spi.AdapterSession;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import software.amazon.awssdk.services.sagemaker.SageMakerClient;

/**
 * SageMaker, CloudWatch Logs and S3 in this JVM while a test class runs, with the kit's programs in place of images; what goes over the wire can be seen and
 * disturbed.
 */
final class EmulatedSageMaker implements BeforeAllCallback, AfterAllCallback {
    static final String ROLE = "arn:aws:iam::123456789012:role/isobar";

    private static final String XGBOOST = "492215442770.dkr.ecr.eu-central-1.amazonaws.com/sagemaker-xgboost:1.7-1";

    private static final byte[] LOST =
            "{\"__type\":\"InternalFailure\",\"message\":\"lost\"}".getBytes(StandardCharsets.UTF_8);

    private final Deque<AutoCloseable> running = new ArrayDeque<>();
    private int classes;
    private EmulatorServer s3;
    private EmulatorServer server;
    private AdapterSession session;
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final List<String> lost = new CopyOnWriteArrayList<>();

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        // Nested classes are told of too.
        if (classes++ == 0) {
            start(Files.createTempDirectory("sagemaker"));
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws Exception {
        if (--classes == 0) {
            while (!running.isEmpty()) {
                running.pop().close();
            }
        }
    }

    private <T extends AutoCloseable> T started(T part) {
        running.push(part);
        return part;
    }

    private void start(Path home) throws IOException {
        running.push(() -> Folders.delete(home));
        s3 = started(EmulatorServer.start(0, List.of(new S3Service(home.resolve("s3")))));
        Path images = home.resolve("images.json");
        Files.write(
                images,
                JsonMapper.builder()
                        .build()
                        .writeValueAsBytes(Map.of(
                                "roles",
                                List.of(ROLE),
                                "images",
                                Map.of(
                                        "conformance/echo-server",
                                        Map.of("command", Workloads.serverProgram()),
                                        "conformance/copy-trainer",
                                        Map.of("command", Workloads.trainerProgram()),
                                        XGBOOST,
                                        Map.of("command", xgboost())))));
        LogStore logs = started(LogStore.open(home.resolve("logs")));
        SageMaker sageMaker = started(SageMaker.open(
                SageMakerSettings.of("eu-central-1", "123456789012", home.resolve("sagemaker"), s3.uri(), images)
                        .with(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(20)),
                logs,
                Alarms.NONE));
        List<WireService> services = new ArrayList<>();
        sageMaker.services().forEach(s -> services.add(new Watched(s)));
        services.add(new Watched(new LogsService("eu-central-1", "123456789012", logs)));
        // The adapter keeps times to the second, so a minute cannot be much shorter.
        CloudWatchService metrics = CloudWatchService.inMemory(Clock.systemUTC(), Duration.ofSeconds(2));
        services.add(new Watched(metrics));
        services.add(new Watched(started(
                ScaledEndpoints.open("eu-central-1", "123456789012", home.resolve("scaling"), sageMaker, metrics))));
        server = started(EmulatorServer.start(0, services));
        Buckets.make(s3.uri());
        session = started(open(Map.of()));
    }

    /** Stands in for SageMaker's own algorithm, which is started with {@code train}. */
    private static List<String> xgboost() {
        List<String> command = new ArrayList<>(Workloads.trainerProgram());
        command.add("succeed");
        return command;
    }

    /** The adapter on what is emulated. */
    AwsPlatform platform() {
        return platform(Map.of());
    }

    /** One session more, with settings beside those that are needed. */
    AdapterSession open(Map<String, String> settings) {
        return platform(settings).open();
    }

    private AwsPlatform platform(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(Map.of(
                "endpoint",
                server.uri().toString(),
                "endpoint.s3",
                s3.uri().toString(),
                "sagemaker.role-arn",
                ROLE,
                "sagemaker.poll-interval",
                "0s"));
        all.putAll(settings);
        return new AwsPlatform(all);
    }

    AdapterSession session() {
        return session;
    }

    URI endpoint() {
        return server.uri();
    }

    /** Targets of all calls so far, such as {@code SageMaker.CreateEndpoint}. */
    List<String> calls() {
        return calls;
    }

    /** The answer to the next call of each of these is lost after the call took effect. */
    void loseNext(String... targets) {
        lost.addAll(List.of(targets));
    }

    /** What SageMaker's ports list; a whole session would also ask services that are not emulated here. */
    List<Resource> resources() {
        List<Resource> all = new ArrayList<>();
        all.addAll(((SageMakerTrainingJobs) session.trainingJobs()).resources());
        all.addAll(((SageMakerEndpoints) session.endpoints()).resources());
        all.addAll(((RecordedRegistry) session.modelRegistry()).resources());
        return all;
    }

    /** How many calls there were of this target. */
    long count(String target) {
        return calls.stream().filter(target::equals).count();
    }

    /** A plain client of the SDK, to see what the adapter has made. */
    SageMakerClient client() {
        return PlainClients.at(server.uri(), SageMakerClient.builder());
    }

    private final class Watched implements WireService {
        private final WireService service;

        Watched(WireService service) {
            this.service = service;
        }

        @Override
        public boolean takes(WireRequest request) {
            return service.takes(request);
        }

        @Override
        public WireResponse answer(WireRequest request) throws Exception {
            String target = request.header("x-amz-target");
            String call = target == null ? request.path() : target;
            calls.add(call);
            WireResponse response = service.answer(request);
            return lost.remove(call) ? WireResponse.of(500, "application/x-amz-json-1.1", LOST) : response;
        }
    }
}
