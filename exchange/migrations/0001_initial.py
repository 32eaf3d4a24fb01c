import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('plans', '0002_audit_append_only'),
    ]

    operations = [
        migrations.CreateModel(
            name='PlanPackage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64)),
                ('content', models.BinaryField()),
                ('digest', models.CharField(max_length=64)),
                ('content_digest', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('table_sizes', models.JSONField(default=dict)),
                ('modified_at', models.DateTimeField()),
                ('built_at', models.DateTimeField()),
                ('plan', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='package', to='plans.plan')),
            ],
            options={
                'verbose_name': 'paquet de données',
                'verbose_name_plural': 'paquets de données',
            },
        ),
    ]
