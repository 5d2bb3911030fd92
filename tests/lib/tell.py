"""tell.py PROVIDER WHAT URL [key=value ...]: POSTs as a mail provider does,
in the shape that it documents, and prints the status of the answer.

PROVIDER is ses, sendgrid, mailgun or postmark; WHAT is hard, soft, complaint,
leave or arrived. Keys, in the folder DIR: sns.key (RSA), sendgrid.key (P-256)
as PEM, mailgun.key and postmark.key as one line. Signing is openssl's.

    to=ADDRESS id=MESSAGE-ID tag=ARGUMENT number=N at=EPOCH dir=DIR
    spoil=yes       the signature is of another body
    times=N         of SendGrid: so many events in the call
"""
import base64
import datetime
import hashlib
import hmac
import json
import subprocess
import sys
import urllib.error
import urllib.request

provider, what, url = sys.argv[1:4]
given = dict(a.split("=", 1) for a in sys.argv[4:])
to = given.get("to", "p1@example.org")
mail_id = given.get("id", "")
tag = given.get("tag", "")
number = given.get("number", "1")
at = int(given["at"])
folder = given.get("dir", ".")


def sign(key, text):
    done = subprocess.run(["openssl", "dgst", "-sha256", "-sign", f"{folder}/{key}"], input=text.encode(),
                          stdout=subprocess.PIPE, check=True)
    return base64.b64encode(done.stdout).decode()


def line(name):
    with open(f"{folder}/{name}") as f:
        return f.read().strip()


def ses():
    kinds = {
        "hard": ("Bounce", {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [
            {"emailAddress": to, "status": "5.1.1", "action": "failed", "diagnosticCode": "smtp; 550 5.1.1 unknown"}]}),
        "soft": ("Bounce", {"bounceType": "Transient", "bounceSubType": "MailboxFull", "bouncedRecipients": [
            {"emailAddress": to, "status": "4.2.2"}]}),
        "complaint": ("Complaint", {"complaintFeedbackType": "abuse", "complainedRecipients": [{"emailAddress": to}]}),
        "arrived": ("Delivery", {"recipients": [to]}),
    }
    kind, about = kinds[what]
    message = json.dumps({
        "eventType": kind, kind.lower(): about,
        "mail": {"messageId": "0100-1", "destination": [to], "headersTruncated": False,
                 "headers": [{"name": "From", "value": "x@example.org"},
                             {"name": "Message-ID", "value": f"<{mail_id}>"}],
                 "commonHeaders": {"messageId": f"<{mail_id}>"}}})
    time = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    body = {"Type": "Notification", "MessageId": f"sns-{number}", "TopicArn": given["topic"], "Message": message,
            "Timestamp": time, "SignatureVersion": "2",
            "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-1.pem"}
    names = ["Message", "MessageId", "Timestamp", "TopicArn", "Type"]
    body["Signature"] = sign("sns.key", "".join(f"{n}\n{body[n]}\n" for n in names))
    return json.dumps(body), {"Content-Type": "text/plain; charset=UTF-8"}


def sendgrid():
    kinds = {
        "hard": {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 unknown"},
        "soft": {"event": "bounce", "type": "blocked", "status": "4.2.2", "reason": "452 full"},
        "complaint": {"event": "spamreport"},
        "leave": {"event": "unsubscribe"},
        "arrived": {"event": "delivered", "response": "250 OK"},
    }
    events = []
    for i in range(int(given.get("times", "1"))):
        e = dict(kinds[what], email=to, timestamp=at, sg_event_id=f"ev-{number}-{i}", sg_message_id="m.1")
        if mail_id:
            e["smtp-id"] = f"<{mail_id}>"
        if tag:
            e["guidon"] = tag
        events.append(e)
    body = json.dumps(events) + "\r\n"
    return body, {"X-Twilio-Email-Event-Webhook-Timestamp": str(at),
                  "X-Twilio-Email-Event-Webhook-Signature": sign("sendgrid.key", f"{at}{body}")}


def mailgun():
    kinds = {
        "hard": {"event": "failed", "severity": "permanent", "reason": "bounce",
                 "delivery-status": {"code": 550, "message": "5.1.1 unknown"}},
        "soft": {"event": "failed", "severity": "permanent", "reason": "old"},
        "complaint": {"event": "complained"},
        "leave": {"event": "unsubscribed"},
        "arrived": {"event": "delivered"},
    }
    token = f"token-{number}"
    mac = hmac.new(line("mailgun.key").encode(), f"{at}{token}".encode(), hashlib.sha256).hexdigest()
    data = dict(kinds[what], recipient=to, timestamp=at + 0.5, id="x",
                message={"headers": {"message-id": mail_id}}, **{"user-variables": {"guidon": tag} if tag else {}})
    body = json.dumps({"signature": {"timestamp": str(at), "token": token, "signature": mac}, "event-data": data})
    return body, {"Content-Type": "application/json"}


def postmark():
    kinds = {
        "hard": {"RecordType": "Bounce", "Type": "HardBounce", "ID": int(number), "Email": to,
                 "Details": "smtp;550 5.1.1 unknown"},
        "soft": {"RecordType": "Bounce", "Type": "SoftBounce", "ID": int(number), "Email": to},
        "complaint": {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "ID": int(number), "Email": to},
        "leave": {"RecordType": "SubscriptionChange", "SuppressSending": True, "Origin": "Recipient",
                  "SuppressionReason": "ManualSuppression", "Recipient": to, "ChangedAt": "2026-03-21T12:00:00Z"},
        "arrived": {"RecordType": "Delivery", "Recipient": to, "DeliveredAt": "2026-03-21T12:00:00Z"},
    }
    body = json.dumps(dict(kinds[what], MessageID="8839", Metadata={"guidon": tag} if tag else {}))
    login = base64.b64encode(line("postmark.key").encode()).decode()
    return body, {"Authorization": f"Basic {login}", "Content-Type": "application/json"}


body, headers = {"ses": ses, "sendgrid": sendgrid, "mailgun": mailgun, "postmark": postmark}[provider]()
if given.get("spoil"):
    body = body.replace("5.1.1", "5.1.2")
    headers = {k: v.replace("Basic ", "Basic AAAA") for k, v in headers.items()}
    if provider == "mailgun":
        body = body.replace("token-", "taken-")
try:
    with urllib.request.urlopen(urllib.request.Request(url, body.encode(), headers, method="POST")) as answer:
        print(answer.status)
except urllib.error.HTTPError as e:
    print(e.code)
