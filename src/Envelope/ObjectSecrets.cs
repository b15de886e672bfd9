using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;

namespace OrthancCloudFs.Envelope;

/// <summary>IV and data key of one object, for as long as a call lasts; cleared on disposal.</summary>
internal readonly ref struct ObjectSecrets : IDisposable
{
    private readonly nint _place;

    public ObjectSecrets() => _place = SecretMemory.Take();

    public Span<byte> Iv => SecretMemory.BytesOf(_place)[..CipherSizes.Iv];

    public Span<byte> DataKey => SecretMemory.BytesOf(_place).Slice(CipherSizes.Iv, CipherSizes.Key);

    public void Dispose() => SecretMemory.Return(_place);
}
