using OrthancCloudFs.Configuration;
using OrthancCloudFs.Envelope;
using OrthancCloudFs.Envelope.Ciphers;
using OrthancCloudFs.Envelope.Keys;

namespace OrthancCloudFs.Program.Composition;

/// <summary>Loads the master keys and chooses the envelope. Nothing but <c>"Enable": false</c> leads to plain objects.</summary>
internal static class EnvelopeComposition
{
    public static (IEnvelope Envelope, MasterKeyRing? Keys, string CipherName, List<string> Warnings) Create(EncryptionSettings settings)
    {
        var warnings = new List<string>();
        if (!settings.Enabled)
        {
            warnings.Add("\"StorageEncryption\" has \"Enable\": false: attachments are stored in plain");
            return (new PlainEnvelope(), null, "none", warnings);
        }

        MasterKey Load(Configuration.MasterKeyFile file)
        {
            LoadedMasterKey loaded = Envelope.Keys.MasterKeyFile.Load(file.Id, file.Path);
            if (loaded.Warning is not null)
                warnings.Add(loaded.Warning);
            return loaded.Key;
        }

        var keys = new MasterKeyRing(Load(settings.MasterKey), settings.PreviousMasterKeys.Select(Load));
        if (SecretMemory.FindWarning() is { } warning)
            warnings.Add(warning);
        ICipherBackend backend = CipherBackends.Choose();
        return (new A1Envelope(keys, backend), keys, backend.Name, warnings);
    }
}
