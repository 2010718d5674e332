package dev.isobar.image;

import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InsecureRegistryException;
import com.google.cloud.tools.jib.api.RegistryAuthenticationFailedException;
import com.google.cloud.tools.jib.api.RegistryException;
import com.google.cloud.tools.jib.api.RegistryUnauthorizedException;
import com.google.cloud.tools.jib.http.ResponseException;
import com.google.cloud.tools.jib.image.json.PlatformNotFoundInBaseImageException;
import com.google.cloud.tools.jib.registry.RegistryCredentialsNotSentException;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Jib's errors in the terms of Isobar's; the one table of this module. Immutable. */
final class BuildErrors {
    private static final String LOGIN = "Log in with `docker login`, or set " + Registries.USER + " and "
            + Registries.PASSWORD + " (for ECR: AWS and what `aws ecr get-login-password` prints).";

    private final ImagePlan plan;
    private final @Nullable ImageReference base;
    private final @Nullable ImageReference target;

    /**
     * @param base null if it is in no registry
     * @param target null if it goes to no registry
     */
    BuildErrors(ImagePlan plan, @Nullable ImageReference base, @Nullable ImageReference target) {
        this.plan = plan;
        this.base = base;
        this.target = target;
    }

    /** Nobody answers. */
    static IsobarException unreachable(String image, boolean base, IOException e) {
        String registry = base ? "The registry of the base image " : "The registry of ";
        return of(ErrorCode.UNAVAILABLE, registry + image + " cannot be reached: " + text(e), e)
                .resource(image)
                .hint(
                        base
                                ? "Check its name and the network, or name a file with --base FILE.tar"
                                        + " (`docker save` makes one where there is a network)."
                                : "Check its name and the network, or write a file with --to FILE.tar and push that"
                                        + " from elsewhere.")
                .build();
    }

    /** What a user is told. */
    IsobarException translate(Exception e) {
        List<Throwable> chain = chain(e);
        Throwable deepest = chain.get(chain.size() - 1);
        boolean aboutBase = aboutBase(chain);
        String image = aboutBase ? plan.baseOrDefault() : plan.to();
        String registry = (aboutBase ? "The registry of the base image " : "The registry of ") + image;
        if (any(chain, InsecureRegistryException.class::isInstance)
                || any(chain, RegistryCredentialsNotSentException.class::isInstance)
                || any(chain, SSLException.class::isInstance)) {
            return of(
                            ErrorCode.UNAVAILABLE,
                            registry + " speaks no HTTPS that this machine trusts: " + text(deepest),
                            e)
                    .resource(image)
                    .retryable(false)
                    .hint("Plain HTTP is spoken only with registries on this machine, and only if the base image is not"
                            + " in another one: name a base image there, or a .tar file. A company's own authority belongs"
                            + " into the trust store of this Java.")
                    .build();
        }
        for (Throwable t : chain) {
            if (t instanceof IOException io && isNetwork(t)) {
                return unreachable(image, aboutBase, io);
            }
        }
        int status = status(chain);
        if (status == 403) {
            return of(ErrorCode.PERMISSION_DENIED, registry + " refuses what this identity asks: " + text(deepest), e)
                    .resource(image)
                    .hint(
                            aboutBase
                                    ? "Ask for the right to pull it."
                                    : "Ask for the right to push there (for ECR: ecr:PutImage, ecr:InitiateLayerUpload and"
                                            + " the others of AmazonEC2ContainerRegistryPowerUser).")
                    .build();
        }
        if (status == 401
                || any(chain, RegistryUnauthorizedException.class::isInstance)
                || any(chain, RegistryAuthenticationFailedException.class::isInstance)) {
            return of(ErrorCode.UNAUTHENTICATED, registry + " does not accept our credentials, or wants some", e)
                    .resource(image)
                    .hint(LOGIN)
                    .build();
        }
        if (status == 404) {
            return of(
                            ErrorCode.NOT_FOUND,
                            aboutBase
                                    ? "There is no base image " + image
                                    : "There is no repository for " + image + " in that registry",
                            e)
                    .resource(image)
                    .hint(
                            aboutBase
                                    ? "Check its name and tag; a private one may hide itself until you log in."
                                    : "Make the repository first (for ECR: aws ecr create-repository).")
                    .build();
        }
        if (status == 429) {
            return of(ErrorCode.THROTTLED, registry + " asks to slow down", e)
                    .resource(image)
                    .hint("Wait, or log in: registries allow more to those they know. What is here already stays.")
                    .build();
        }
        if (any(chain, PlatformNotFoundInBaseImageException.class::isInstance)) {
            return of(ErrorCode.INVALID_ARGUMENT, "The base image is not for linux/amd64: " + text(deepest), e)
                    .resource(image)
                    .hint("Name one that is.")
                    .build();
        }
        if (plan.baseIsFile() && any(chain, BuildErrors::isNoArchive)) {
            return of(ErrorCode.CORRUPT, "The base image is not what `docker save` writes: " + text(deepest), e)
                    .resource(plan.baseOrDefault())
                    .hint("Save it again with `docker save IMAGE > FILE.tar`; an OCI layout can be converted with"
                            + " `skopeo copy oci-archive:FILE.tar docker-archive:OTHER.tar`.")
                    .build();
        }
        if (status == 0 && !any(chain, RegistryException.class::isInstance)) {
            for (Throwable t : chain) {
                if (t instanceof IOException io && !(t instanceof ResponseException)) {
                    return files(io);
                }
            }
        }
        return of(ErrorCode.UNAVAILABLE, "The image could not be made: " + text(e), e)
                .resource(image)
                .hint("Run the same command again; layers that are done are not made twice. --verbose says more.")
                .build();
    }

    /** Of this machine: the file that is written, a jar, the cache. */
    private IsobarException files(IOException e) {
        IsobarException told = IsobarException.io("making the image " + plan.to(), e);
        String hint = told.hint();
        return of(told.code(), String.valueOf(told.getMessage()), e)
                .resource(plan.to())
                .hint(
                        hint == null || told.code() == ErrorCode.PERMISSION_DENIED
                                ? "Check that its folder, and ISOBAR_HOME/images, may be written, or name another file with --to."
                                : hint)
                .build();
    }

    private static IsobarException.Builder of(ErrorCode code, String message, Throwable cause) {
        return IsobarException.of(code, message).cause(cause);
    }

    private static boolean isNetwork(Throwable t) {
        return t instanceof UnknownHostException || t instanceof SocketException || t instanceof SocketTimeoutException;
    }

    private static boolean isNoArchive(Throwable t) {
        String text = String.valueOf(t.getMessage()).toLowerCase(Locale.ROOT);
        return (t instanceof NoSuchFileException && text.contains("manifest.json"))
                || t instanceof com.fasterxml.jackson.core.JsonProcessingException
                || text.contains("tar header")
                || text.contains("corrupted");
    }

    /** The status of the answer that ended it; 0 if none did. */
    private static int status(List<Throwable> chain) {
        for (Throwable t : chain) {
            if (t instanceof ResponseException response) {
                return response.getStatusCode();
            }
        }
        return 0;
    }

    /** Which of the two images it is about: the one whose repository, or else registry, the errors name. */
    private boolean aboutBase(List<Throwable> chain) {
        if (base == null || target == null) {
            return base != null;
        }
        int named = named(chain, base);
        int other = named(chain, target);
        return named != other ? named > other : any(chain, t -> text(t).startsWith("Tried to pull"));
    }

    private static int named(List<Throwable> chain, ImageReference image) {
        String repository = image.getRepository();
        if (any(
                chain,
                t -> String.valueOf(t.getMessage()).contains("/v2/" + repository + "/")
                        || String.valueOf(t.getMessage()).contains(image.getRegistry() + "/" + repository))) {
            return 2;
        }
        return any(chain, t -> String.valueOf(t.getMessage()).contains(image.getRegistry())) ? 1 : 0;
    }

    private static List<Throwable> chain(Throwable e) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable t = e; t != null && !chain.contains(t); t = t.getCause()) {
            chain.add(t);
        }
        return chain;
    }

    private static boolean any(List<Throwable> chain, Predicate<Throwable> is) {
        return chain.stream().anyMatch(is);
    }

    private static String text(Throwable t) {
        String message = t.getMessage();
        String first =
                message == null ? "" : message.strip().lines().findFirst().orElse("");
        return first.isEmpty() ? t.getClass().getSimpleName() : first;
    }
}
