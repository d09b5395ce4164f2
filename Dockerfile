# footfall alone in an image: no shell, no libraries, no root. Build: docker build -t footfall --build-arg VERSION=1.2.3 .
# Run: docker run -v footfall:/data -p 8080:8080 -e FOOTFALL_WRITE_KEY=… -e FOOTFALL_ADMIN_KEY=… footfall
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /footfall ./cmd/footfall \
	&& mkdir -m 700 /data

FROM scratch
COPY --from=build /footfall /footfall
COPY --from=build --chown=65532:65532 /data /data
ENV FOOTFALL_DATA=/data FOOTFALL_LISTEN=:8080
USER 65532:65532
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s CMD ["/footfall", "health"]
ENTRYPOINT ["/footfall"]
CMD ["serve"]
