package dev.isobar.emulator.aws.sagemaker;

import dev.isobar.emulation.process.Child;
import dev.isobar.emulation.process.ImageTable;
import dev.isobar.emulation.process.Ports;
import dev.isobar.emulator.aws.objects.S3Location;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * One instance of a variant: a process that is started with {@code serve}, asked {@code GET /ping} until it answers 200, and started again when it dies.
 * Unlike the service, a container that lives but stops answering is not replaced. Thread safe.
 *
 * @see <a href="https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html">what a model container must do</a>
 */
final class Instance {
    private static final Logger LOG = LoggerFactory.getLogger(Instance.class);
    private static final Duration PING_TIMEOUT = Duration.ofSeconds(2);
    private static final long PING_EVERY_MILLIS = 25;
    /** A container that ends this often before its first answer will not come up. */
    private static final int STARTS = 3;

    private static final long MAX_PAUSE_MILLIS = 30_000;

    private final Containers containers;
    private final Host host;
    private final String endpoint;
    private final VariantPlan plan;
    private final String id;
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile boolean closing;
    private volatile boolean ready;
    private volatile @Nullable Child child;
    private volatile int port;

    Instance(Containers containers, String endpoint, VariantPlan plan) {
        this.containers = containers;
        this.host = containers.host();
        this.endpoint = endpoint;
        this.plan = plan;
        this.id = "i-" + UUID.randomUUID().toString().replace("-", "").substring(0, 17);
    }

    /** Returns when it answers. */
    void start() throws StartFailure, InterruptedException {
        Path folder = containers.folder(id);
        try {
            Files.createDirectories(folder.resolve("model"));
            if (plan.container().hasNonNull("ModelDataUrl")) {
                host.s3()
                        .downloadTarGz(
                                S3Location.of(
                                        plan.container().path("ModelDataUrl").asText()),
                                folder.resolve("model"));
            }
        } catch (SdkException | IOException e) {
            throw new StartFailure("Failed to download model data for container \"" + plan.name() + "\" from URL: \""
                    + plan.container().path("ModelDataUrl").asText() + "\". " + e.getMessage());
        }
        launch();
    }

    boolean ready() {
        return ready;
    }

    /** The process's id, or -1. */
    long pid() {
        Child now = child;
        return now == null ? -1 : now.pid();
    }

    URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** Takes part in an invocation, unless it is about to be stopped or not ready; {@link #end} must follow if so. */
    boolean begin() {
        inFlight.incrementAndGet();
        if (closing || !ready) {
            inFlight.decrementAndGet();
            return false;
        }
        return true;
    }

    void end() {
        inFlight.decrementAndGet();
    }

    /** Takes no more invocations, lets those that run end, then stops the process. */
    void stop(Duration drain) throws InterruptedException {
        closing = true;
        Instant limit = Instant.now().plus(drain);
        while (inFlight.get() > 0 && Instant.now().isBefore(limit)) {
            TimeUnit.MILLISECONDS.sleep(10);
        }
        ready = false;
        Child now = child;
        if (now != null) {
            now.stop(host.settings().servingGrace());
        }
        ContainerFolders.remove(containers.folder(id));
    }

    private void launch() throws StartFailure, InterruptedException {
        Duration patience = plan.startup().compareTo(host.settings().startup()) < 0
                ? plan.startup()
                : host.settings().startup();
        Instant limit = Instant.now().plus(patience);
        String ending = "";
        for (int starts = 0; starts < STARTS && Instant.now().isBefore(limit); starts++) {
            Child started = process();
            child = started;
            if (closing) {
                started.kill();
                break;
            }
            if (answers(started, limit)) {
                ready = true;
                started.exit().thenAcceptAsync(this::died, containers.threads());
                return;
            }
            if (started.alive()) {
                started.kill();
                ending = " (It did not answer GET /ping with 200 within " + patience.toSeconds() + " s.)";
            } else {
                ending = " (It ended with exit code " + started.exit().join() + ".)";
            }
        }
        throw new StartFailure("The primary container for production variant " + plan.name()
                + " did not pass the ping health check. Please check CloudWatch logs for this endpoint." + ending);
    }

    private Child process() throws StartFailure {
        try {
            Optional<ImageTable.Image> image = host.images().find(plan.image());
            if (image.isEmpty()) {
                throw new StartFailure("The image '" + plan.image() + "' for production variant " + plan.name()
                        + " cannot be pulled: it does not exist or its permissions are incorrect. (The image table "
                        + host.images().file() + " has no such image.)");
            }
            port = Ports.free();
            List<String> command = new ArrayList<>(image.get().command());
            command.add("serve");
            Path folder = containers.folder(id);
            String stream = plan.name() + "/" + id;
            String group = "/aws/sagemaker/Endpoints/" + endpoint;
            return host.children()
                    .start(
                            command,
                            environment(image.get()),
                            folder,
                            line -> host.logs().append(group, stream, System.currentTimeMillis(), line));
        } catch (IOException e) {
            throw new StartFailure("The command of image '" + plan.image() + "' for production variant " + plan.name()
                    + " cannot be started: " + e.getMessage());
        }
    }

    private Map<String, String> environment(ImageTable.Image image) {
        Map<String, String> environment = new HashMap<>(image.environment());
        plan.container()
                .path("Environment")
                .properties()
                .forEach(entry ->
                        environment.put(entry.getKey(), entry.getValue().asText()));
        environment.put("ISOBAR_ML_DIR", containers.folder(id).toAbsolutePath().toString());
        environment.put("SAGEMAKER_BIND_TO_PORT", Integer.toString(port));
        environment.put("AIP_HTTP_PORT", Integer.toString(port));
        environment.put("ISOBAR_BIND", "127.0.0.1");
        environment.put("AWS_REGION", host.settings().region());
        environment.putAll(SageMakerSettings.ROLE);
        return environment;
    }

    private boolean answers(Child started, Instant limit) throws InterruptedException {
        HttpRequest ping =
                HttpRequest.newBuilder(uri("/ping")).timeout(PING_TIMEOUT).build();
        while (started.alive() && !closing && Instant.now().isBefore(limit)) {
            try {
                if (containers
                                .http()
                                .send(ping, HttpResponse.BodyHandlers.discarding())
                                .statusCode()
                        == 200) {
                    return started.alive();
                }
            } catch (IOException e) {
                LOG.trace("{} does not answer yet", id, e);
            }
            TimeUnit.MILLISECONDS.sleep(PING_EVERY_MILLIS);
        }
        return false;
    }

    private void died(int code) {
        ready = false;
        long pause = 200;
        while (!closing) {
            LOG.info("Variant {} of {} ended with exit code {}: starting it again", plan.name(), endpoint, code);
            try {
                launch();
                return;
            } catch (StartFailure e) {
                LOG.info("{}", e.reason());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            try {
                TimeUnit.MILLISECONDS.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            pause = Math.min(2 * pause, MAX_PAUSE_MILLIS);
        }
    }
}
