package dev.isobar.gcp.client;

import com.google.api.client.http.HttpTransport;
import com.google.api.client.http.apache.v2.ApacheHttpTransport;
import com.google.api.gax.core.CredentialsProvider;
import com.google.api.gax.core.FixedCredentialsProvider;
import com.google.api.gax.core.NoCredentialsProvider;
import com.google.api.gax.grpc.InstantiatingGrpcChannelProvider;
import com.google.api.gax.rpc.HeaderProvider;
import com.google.api.gax.rpc.TransportChannel;
import com.google.api.gax.rpc.TransportChannelProvider;
import com.google.auth.Credentials;
import com.google.auth.oauth2.ExternalAccountCredentials;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.auth.oauth2.ImpersonatedCredentials;
import com.google.auth.oauth2.ServiceAccountCredentials;
import com.google.cloud.NoCredentials;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import io.grpc.ManagedChannelBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What Google's clients of one adapter instance need: its credentials, and channels to the services or to what stands for them. Closes with it what was
 * {@linkplain #keep kept}. Nothing is read and nobody is called before a client needs it. Thread safe.
 *
 * <p>An endpoint that begins with {@code http://} is an emulator: it is spoken to in plain text and never sees a credential. One that begins with {@code https://} is
 * a private way to the service itself.
 */
public final class GcpClients implements AutoCloseable {
    private static final List<String> SCOPES = List.of("https://www.googleapis.com/auth/cloud-platform");

    /** Seconds that an impersonated service account's token is valid: the most that needs no change of policy. */
    private static final int TOKEN_SECONDS = 3_600;

    private final GcpIdentity identity;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
    private @Nullable GoogleCredentials credentials;

    /** Clients of that identity; connects to nothing yet. */
    public GcpClients(GcpIdentity identity) {
        this.identity = identity;
    }

    /** Who they are. */
    public GcpIdentity identity() {
        return identity;
    }

    /** The endpoint override of a service, or null. */
    public @Nullable URI endpoint(GcpService service) {
        return identity.endpoints().get(service);
    }

    /** Whether an emulator stands for that service. */
    public boolean isEmulated(GcpService service) {
        URI endpoint = endpoint(service);
        return endpoint != null && "http".equals(endpoint.getScheme());
    }

    /**
     * What a service is told of who we are; nothing at all if it is emulated.
     *
     * @throws IsobarException {@code UNAUTHENTICATED} if there are none, or not the ones that were configured
     */
    public Credentials credentials(GcpService service) {
        return isEmulated(service) ? NoCredentials.getInstance() : own();
    }

    /** The same for a client of gax. */
    public CredentialsProvider credentialsProvider(GcpService service) {
        return isEmulated(service) ? NoCredentialsProvider.create() : FixedCredentialsProvider.create(own());
    }

    /**
     * Channels of gRPC to a service, or to what stands for it.
     *
     * @param defaults the client's own, such as {@code PublisherStubSettings.defaultGrpcTransportProviderBuilder()}
     */
    public TransportChannelProvider channels(GcpService service, InstantiatingGrpcChannelProvider.Builder defaults) {
        URI endpoint = endpoint(service);
        if (endpoint == null) {
            return defaults.build();
        }
        int port = endpoint.getPort() < 0 ? (isEmulated(service) ? 80 : 443) : endpoint.getPort();
        defaults.setEndpoint(endpoint.getHost() + ":" + port);
        if (isEmulated(service)) {
            defaults.setAttemptDirectPath(false).setChannelConfigurator(ManagedChannelBuilder::usePlaintext);
        }
        return defaults.build();
    }

    /**
     * One channel, for several clients that do not close it.
     *
     * @param provider how it is made
     * @param headers the client's own, by which Google knows it
     * @param endpoint where it leads if the provider does not say so
     */
    public TransportChannel channel(
            GcpService service, TransportChannelProvider provider, HeaderProvider headers, String endpoint)
            throws IOException {
        TransportChannelProvider complete = provider;
        if (complete.needsHeaders()) {
            complete = complete.withHeaders(headers.getHeaders());
        }
        if (complete.needsEndpoint()) {
            complete = complete.withEndpoint(endpoint);
        }
        if (complete.needsCredentials()) {
            complete = complete.withCredentials(credentialsProvider(service).getCredentials());
        }
        return complete.getTransportChannel();
    }

    /** A pool of so many HTTP connections, which closes with this object: the JDK's client keeps one for the whole process. */
    public HttpTransport connections(int most) {
        ApacheHttpTransport http = new ApacheHttpTransport(ApacheHttpTransport.newDefaultHttpClientBuilder()
                .setMaxConnTotal(most)
                .setMaxConnPerRoute(most)
                .build());
        keep(http::shutdown);
        return http;
    }

    /** Closes something with this object. */
    public synchronized <C extends AutoCloseable> C keep(C client) {
        opened.push(client);
        return client;
    }

    @Override
    public synchronized void close() {
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("a client did not close", e);
            }
        }
    }

    private synchronized GoogleCredentials own() {
        if (credentials == null) {
            GoogleCredentials source = source().createScoped(SCOPES);
            credentials = identity.impersonated() == null ? source : acting(source, identity.impersonated());
        }
        return credentials;
    }

    private GoogleCredentials source() {
        if (identity.keyFile() != null) {
            return read(identity.keyFile(), "a service account's key", ServiceAccountCredentials::fromStream);
        }
        if (identity.federationFile() != null) {
            return read(
                    identity.federationFile(),
                    "a credential configuration of workload identity federation",
                    ExternalAccountCredentials::fromStream);
        }
        try {
            return GoogleCredentials.getApplicationDefault();
        } catch (IOException e) {
            throw IsobarException.of(
                            ErrorCode.UNAUTHENTICATED,
                            "There are no Application Default Credentials: " + e.getMessage())
                    .adapter(identity.instance())
                    .hint(
                            "Run `gcloud auth application-default login`, or set credentials.key-file or credentials.federation-file of this adapter instance.")
                    .cause(e)
                    .build();
        }
    }

    private GoogleCredentials acting(GoogleCredentials source, String account) {
        var acting = ImpersonatedCredentials.newBuilder()
                .setSourceCredentials(source)
                .setTargetPrincipal(account)
                .setDelegates(identity.delegates())
                .setScopes(SCOPES)
                .setLifetime(TOKEN_SECONDS);
        URI endpoint = endpoint(GcpService.IAM_CREDENTIALS);
        if (endpoint != null) {
            acting.setIamEndpointOverride(
                    endpoint + "/v1/projects/-/serviceAccounts/" + account + ":generateAccessToken");
        }
        return acting.build();
    }

    /** Makes credentials of a file's content. */
    private interface Parser {
        GoogleCredentials parse(InputStream content) throws IOException;
    }

    private GoogleCredentials read(Path file, String what, Parser parser) {
        try (InputStream content = Files.newInputStream(file)) {
            return parser.parse(content);
        } catch (IOException | RuntimeException e) {
            // Which of the file's fields is wrong is said without its value: it may be the key.
            String detail =
                    e instanceof IOException ? e.getMessage() : e.getClass().getSimpleName();
            throw IsobarException.of(ErrorCode.UNAUTHENTICATED, file + " cannot be read as " + what + ": " + detail)
                    .adapter(identity.instance())
                    .hint(
                            "Name another file in the configuration of this adapter instance, or make it anew with gcloud.")
                    .cause(e)
                    .build();
        }
    }
}
